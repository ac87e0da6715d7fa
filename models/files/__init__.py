"""Files: how they are begun, received and taken, who may read them, and how they end. Their bytes are in the store."""

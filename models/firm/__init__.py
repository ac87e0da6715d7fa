"""What the firm has for its own people and accounts, and links to no job: each kind is one module. `models.kinds` names
them."""

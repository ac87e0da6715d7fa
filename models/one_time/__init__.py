"""Links and codes that are good once, sent by mail: whoever has one reads the mail at an address."""

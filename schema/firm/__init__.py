"""What clients see of the kinds that the firm has for its own people and accounts. `models.kinds` names them."""

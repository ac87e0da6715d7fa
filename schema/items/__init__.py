"""What clients see of the kinds that are one module each: type, inputs, mutations, list. `models.kinds` names them."""

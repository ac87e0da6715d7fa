"""How the portal is answered."""

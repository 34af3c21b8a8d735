"""How fast the portal is beside a bare Flask application that shows the same rows."""

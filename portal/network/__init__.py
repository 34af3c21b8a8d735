"""Municipalities, who delivers Integrationsmanagement where, and the services of organisations."""

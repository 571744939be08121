"""Register 1: matters (事项), their versions and requirement trees. May import core, gateways, policies, accounts, documents."""

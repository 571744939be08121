"""Users, organisations, roles with scope, sign-in, API tokens (账户). May import core, gateways and policies."""

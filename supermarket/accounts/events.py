"""Events of the accounts room; never an e-mail address or a name."""

from supermarket.core.events import declare
from supermarket.core.msgids import N_

REGISTERED = declare(
    "account.registered", subject="organisation", sentence=N_("An organisation was registered"), public=False
)
MEMBER_ADDED = declare(
    "account.member_added",
    subject="organisation",
    sentence=N_("A member was added"),
    keys={"user_id", "role"},
    public=False,
)
TOKEN_ISSUED = declare(
    "account.token_issued", subject="user", sentence=N_("An API token was issued"), keys={"token_id"}, public=False
)
TOKEN_REVOKED = declare(
    "account.token_revoked", subject="user", sentence=N_("An API token was revoked"), keys={"token_id"}, public=False
)
PASSWORD_CHANGED = declare(
    "account.password_changed", subject="user", sentence=N_("The password was changed"), public=False
)
SESSIONS_ENDED = declare(
    "account.sessions_ended", subject="user", sentence=N_("The sessions of the account were ended"), public=False
)
IDENTITY_BOUND = declare(
    "account.identity_bound",
    subject="organisation",
    sentence=N_("An account was bound to the unified identity"),
    keys={"user_id", "provider"},
    public=False,
)

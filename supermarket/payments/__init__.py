"""Payment items and vouchers (支付). May import core … contracts."""

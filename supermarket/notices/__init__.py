"""What an organisation is told (通知). May import core … supervision."""

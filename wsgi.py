"""The WSGI entry: `gunicorn wsgi:app`, `flask --app wsgi …`."""

from supermarket.app import create_app

app = create_app()

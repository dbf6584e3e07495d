"""`python -m tests.sandbox.sendgrid --port N --api-key K --signing-key-file F [--data-dir D] [--webhook-url U]`."""

from pathlib import Path

from tests.sandbox.sendgrid.keys import load_or_create
from tests.sandbox.sendgrid.server import make_app
from tests.sandbox.serve import arguments, serve
from tests.sandbox.store import Store


def main() -> None:
    parser = arguments("sendgrid")
    parser.add_argument("--api-key", required=True)
    parser.add_argument("--signing-key-file", type=Path, required=True, help="PEM; made when it is not there")
    given = parser.parse_args()
    store = Store(given.data_dir / "sendgrid.db" if given.data_dir else None)
    key = load_or_create(given.signing_key_file)
    serve(make_app(store, api_key=given.api_key, signing_key=key, webhook_url=given.webhook_url), given)


if __name__ == "__main__":
    main()

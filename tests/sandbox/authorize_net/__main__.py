"""`python -m tests.sandbox.authorize_net --port N`: the sandbox as a process."""

from tests.sandbox.authorize_net.merchant import Config
from tests.sandbox.authorize_net.server import create_app
from tests.sandbox.serve import arguments, serve


def main() -> None:
    """Serve one merchant's sandbox until a signal says stop."""
    defaults = Config()
    parser = arguments("authorize_net")
    parser.add_argument("--login-id", default=defaults.login_id)
    parser.add_argument("--transaction-key", default=defaults.transaction_key)
    parser.add_argument("--signature-key", default=defaults.signature_key)
    parser.add_argument("--client-key", default=defaults.client_key)
    given = parser.parse_args()
    config = Config(
        login_id=given.login_id,
        transaction_key=given.transaction_key,
        signature_key=given.signature_key,
        client_key=given.client_key,
        data_dir=given.data_dir,
        webhook_url=given.webhook_url,
    )
    serve(create_app(config), given)


if __name__ == "__main__":
    main()

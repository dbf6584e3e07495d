"""Runs the Persona sandbox: `python -m tests.sandbox.persona --port N --api-key K --webhook-secret S ...`."""

from tests.sandbox.persona.config import Config
from tests.sandbox.persona.server import create_app
from tests.sandbox.serve import arguments, serve

if __name__ == "__main__":
    parser = arguments("persona")
    parser.add_argument("--api-key", required=True, help="what a client has to send")
    parser.add_argument("--webhook-secret", required=True, help="signs the webhooks")
    parser.add_argument("--second-secret", default=None, help="signs them too, as while a secret is replaced")
    parser.add_argument("--template-id", default="itmpl_sandbox", help="the one inquiry template there is")
    parser.add_argument("--public-url", default=None, help="where people reach this server; default: where it listens")
    given = parser.parse_args()
    config = Config(
        api_key=given.api_key,
        public_url=(given.public_url or f"http://{given.host}:{given.port}").rstrip("/"),
        webhook_secrets=tuple(filter(None, (given.webhook_secret, given.second_secret))),
        template_id=given.template_id,
        webhook_url=given.webhook_url,
        data_dir=given.data_dir,
    )
    serve(create_app(config), given)

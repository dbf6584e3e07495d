"""Runs the OpenAI sandbox: `python -m tests.sandbox.openai --port N --api-key K --model M [--data-dir D]`."""

from tests.sandbox.openai.server import Config, create_app
from tests.sandbox.serve import arguments, serve

if __name__ == "__main__":
    parser = arguments("openai")
    parser.add_argument("--api-key", required=True, help="the one that may ask")
    parser.add_argument("--model", required=True, help="the one model that there is")
    given = parser.parse_args()
    serve(create_app(Config(api_key=given.api_key, model=given.model, data_dir=given.data_dir)), given)

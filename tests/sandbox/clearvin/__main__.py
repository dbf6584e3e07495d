"""Runs the ClearVIN sandbox: `python -m tests.sandbox.clearvin --port N --email E --password P ...`."""

from pathlib import Path

from tests.sandbox.clearvin.account import Config
from tests.sandbox.clearvin.server import create_app
from tests.sandbox.serve import arguments, serve
from tests.sandbox.vehicles import CATALOGUE

if __name__ == "__main__":
    parser = arguments("clearvin")
    parser.add_argument("--email", required=True, help="who may sign in")
    parser.add_argument("--password", required=True)
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE, help="vehicles that are known exactly")
    given = parser.parse_args()
    config = Config(email=given.email, password=given.password, data_dir=given.data_dir, catalogue=given.catalogue)
    serve(create_app(config), given)

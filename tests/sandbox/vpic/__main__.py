"""Runs the vPIC sandbox: `python -m tests.sandbox.vpic --port N [--data-dir D] [--catalogue F]`."""

from pathlib import Path

from tests.sandbox.serve import arguments, serve
from tests.sandbox.vehicles import CATALOGUE
from tests.sandbox.vpic.server import Config, create_app

if __name__ == "__main__":
    parser = arguments("vpic")
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE, help="vehicles that are known exactly")
    given = parser.parse_args()
    serve(create_app(Config(data_dir=given.data_dir, catalogue=given.catalogue)), given)

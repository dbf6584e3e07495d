"""Runs a sandbox as a process: `python -m tests.sandbox.<vendor> --port N [--data-dir D] [--webhook-url U] ...`."""

import argparse
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp


def arguments(vendor: str) -> argparse.ArgumentParser:
    """The options that every sandbox has; a vendor adds its keys."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.sandbox.{vendor}")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, default=None, help="where it remembers; without, nowhere")
    parser.add_argument("--webhook-url", default=None, help="where its webhooks go; without, nowhere")
    return parser


def serve(app: ASGIApp, given: argparse.Namespace) -> None:
    """Serve until a signal says stop."""
    uvicorn.run(app, host=given.host, port=given.port, log_config=None, access_log=False, server_header=False)

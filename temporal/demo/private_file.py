"""Files for their owner's eyes only, written whole or not at all."""

import os
import secrets
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Put a file of mode 0600, from its first byte, in the place of any other; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(path)

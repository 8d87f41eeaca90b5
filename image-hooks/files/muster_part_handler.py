"""Hands contexts in the user-data of this machine to muster-agent.

cloud-init loads this file from /var/lib/cloud/handlers. Each part of type text/x-amiconfig or
text/amiconfig-user-data becomes a file part-001, part-002, ... of /run/muster/user-data, with the bytes of the part
as they are after transfer decoding. An empty file "complete" comes last; without it nothing counts. Needs cloud-init 0.7 or later
(part handlers of version 2) and Python 3.6.
"""

import os
import shutil

handler_version = 2
# At each start, since /run is empty then. The agent knows what it has done for this machine already.
frequency = "always"

DIRECTORY = "/run/muster/user-data"
# The same bound as the agent has for a context; more parts or bytes than this are nobody's context.
MAX_PARTS = 64
MAX_BYTES = 1024 * 1024

_parts = []
# cloud-init goes through the user-data, and then twice through the data of the vendor, in one process. What was found
# first counts: the owner's before the vendor's.
_is_written = False
_is_begun = False


def list_types():
    return ["text/x-amiconfig", "text/amiconfig-user-data"]


def handle_part(data, ctype, filename, payload, frequency):
    global _is_begun
    if ctype == "__begin__":
        _parts.clear()
        if not _is_begun:
            # From an earlier run at this start, with other user-data.
            shutil.rmtree(DIRECTORY, ignore_errors=True)
        _is_begun = True
    elif ctype == "__end__":
        _write()
    else:
        _parts.append(_bytes_of(payload))


def _bytes_of(payload):
    # cloud-init decodes the text of a part as UTF-8, and keeps bytes that are none as surrogates.
    if isinstance(payload, str):
        return payload.encode("utf-8", "surrogateescape")
    return bytes(payload)


def _write():
    global _is_written
    if _is_written or not _parts:
        return
    if len(_parts) > MAX_PARTS or sum(len(part) for part in _parts) > MAX_BYTES:
        raise ValueError("the contexts in the user-data are larger than %d bytes" % MAX_BYTES)
    os.makedirs(os.path.dirname(DIRECTORY), mode=0o755, exist_ok=True)
    os.makedirs(DIRECTORY, mode=0o700, exist_ok=True)
    os.chmod(DIRECTORY, 0o700)
    for number, part in enumerate(_parts, start=1):
        _replace("part-%03d" % number, part)
    _replace("complete", b"")
    _is_written = True


def _replace(name, content):
    temporary = os.path.join(DIRECTORY, ".%s.new" % name)
    # Contexts hold passwords: nobody else may read them, not for a moment.
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.rename(temporary, os.path.join(DIRECTORY, name))

"""`python -m temporal.stack.redis_stand_in PORT`: a Redis in Python for machines that have none; it keeps nothing."""

import sys

from fakeredis import TcpFakeServer

from temporal.stack.ports import LOOPBACK


class StandIn(TcpFakeServer):
    """The fake server with threads that never keep the process from ending."""

    daemon_threads = True


def main(arguments: list[str]) -> None:
    """Serve on the loopback port given until a signal ends the process."""
    server = StandIn((LOOPBACK, int(arguments[0])))
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""syslogd.py PORTFILE OUT: a syslog receiver on loopback, UDP and TCP.

PORTFILE receives both ports.  OUT receives a line for every message: "udp" or "tcp" and what was
sent, for TCP without the count of octets, by which it is cut.
"""
import socket
import socketserver
import sys
import threading

portfile, out = sys.argv[1], open(sys.argv[2], "w", buffering=1)


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        out.write("udp %s\n" % self.request[0].decode())


class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        while True:
            count = b""
            while not count.endswith(b" "):
                byte = self.rfile.read(1)
                if not byte:
                    return
                count += byte
            out.write("tcp %s\n" % self.rfile.read(int(count)).decode())


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    address_family = socket.AF_INET


udp = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Datagram)
tcp = Server(("127.0.0.1", 0), Stream)
threading.Thread(target=udp.serve_forever, daemon=True).start()
with open(portfile, "w") as file:
    file.write("%d %d\n" % (udp.server_address[1], tcp.server_address[1]))
tcp.serve_forever()

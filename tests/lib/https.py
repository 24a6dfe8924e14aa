#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""https.py DIR CERT KEY PORTFILE: a web server with TLS on loopback that serves DIR.

Below /slow/ it answers after a second; below /private/ it wants the login me:opensesame.
PORTFILE receives its port.  What it was asked for goes to standard output.
"""
import base64
import http.server
import ssl
import sys
import time

LOGIN = "Basic " + base64.b64encode(b"me:opensesame").decode()


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/slow/"):
            time.sleep(1)
        if self.path.startswith("/private/") and self.headers.get("Authorization") != LOGIN:
            self.send_error(401)
        elif self.path.startswith("/elsewhere/"):
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/" + self.path)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, format, *args):
        print(format % args, flush=True)


directory, cert, key, portfile = sys.argv[1:]
server = http.server.ThreadingHTTPServer(
    ("127.0.0.1", 0), lambda *args: Handler(*args, directory=directory))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
with open(portfile, "w") as file:
    file.write("%d\n" % server.server_address[1])
server.serve_forever()

"""A push service with browsers behind it that read what comes (RFC 8030, 8188, 8291, 8292).

    POST /browsers {"answers": [503, …]}  makes a browser: {"id", "endpoint", "keys"}; its service answers so, then 201
    POST /push/<id>                       what a sender asks; a message that cannot be read is answered 400
    GET  /browsers/<id>                   what came: [{"headers", "claims", "text"}]; "claims" are the sender's, checked
"""

import base64
import itertools
import json
import os
import threading

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, jsonify, request
from werkzeug.serving import make_server

app = Flask(__name__)
browsers = {}
numbers = itertools.count(1)


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point(public):
    return public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def derive(salt, secret, info, length):
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def read(browser, body):
    salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
    sender, record = body[21 : 21 + length], body[21 + length :]
    assert len(record) <= size and len(body) <= 4096
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
    secret = browser["key"].exchange(ec.ECDH(), public)
    info = b"WebPush: info\0" + point(browser["key"].public_key()) + sender
    secret = derive(browser["auth"], secret, info, 32)
    key = derive(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = derive(salt, secret, b"Content-Encoding: nonce\0", 12)
    text = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\0")
    assert text.endswith(b"\2")
    return text[:-1].decode()


def judge(authorization):
    """The claims of who sends, if the signature is by the key that stands beside it."""
    scheme, parameters = authorization.split(" ", 1)
    assert scheme == "vapid"
    parameters = dict(part.strip().split("=", 1) for part in parameters.split(","))
    text, signature = parameters["t"].rsplit(".", 1)
    signature = decode(signature)
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(parameters["k"]))
    key.verify(utils.encode_dss_signature(r, s), text.encode(), ec.ECDSA(hashes.SHA256()))
    head, claims = (json.loads(decode(part)) for part in text.split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    return claims | {"key": parameters["k"]}


@app.post("/browsers")
def subscribe():
    key, auth, number = ec.generate_private_key(ec.SECP256R1()), os.urandom(16), str(next(numbers))
    browsers[number] = {"key": key, "auth": auth, "answers": list(request.json.get("answers", [])), "came": []}
    keys = {"p256dh": encode(point(key.public_key())), "auth": encode(auth)}
    return jsonify(id=number, endpoint=f"{request.host_url}push/{number}", keys=keys)


@app.post("/push/<number>")
def push(number):
    browser = browsers.get(number)
    if browser is None:
        return "", 404
    answer = browser["answers"].pop(0) if browser["answers"] else 201
    if answer != 201:
        return "", answer, {"Retry-After": "120"} if answer == 429 else {}
    try:
        claims, text = judge(request.headers["Authorization"]), read(browser, request.data)
    except Exception as error:
        return repr(error), 400
    headers = {name.lower(): value for name, value in request.headers.items()}
    browser["came"].append({"headers": headers, "claims": claims, "text": text})
    return "", 201


@app.get("/browsers/<number>")
def came(number):
    return jsonify(browsers[number]["came"])


def start(tls):
    server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=tls)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"https://localhost:{server.port}"

#!/usr/bin/env python3
"""Verifies an exported ledger, written from docs/spec alone; shares no code with the product.

usage: verify_bundle.py BUNDLE --root KEYHEX [--threshold N] [--head FILE]... [--journal FILE]...
Prints one line of JSON: {"ok": true, "size": n} or {"ok": false, "code": "...", "index": n | null}.
"""
import argparse
import base64
import hashlib
import io
import json
import re
import sys
from collections import Counter

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

TYPES = ("genesis submission verdict request export decision refused-decision intent receipt roster policy closed "
         "witness read operator").split()
OF_REQUEST = set("submission verdict request export decision refused-decision intent receipt closed read".split())
ERASABLE = set("submission request export receipt read operator".split())
MAY_FOLLOW = {
    "verdict": "submitted allowed required pending approved", "request": "required", "export": "pending approved",
    "decision": "pending approved", "intent": "pending approved", "receipt": "running ambiguous",
    "closed": "pending approved rejected", "read": "allowed",
}
CLOSED_CODE = {
    "withdrawn": "request-withdrawn", "superseded": "request-superseded", "expired": "request-expired",
    "rejected": "request-rejected", "denied": "request-rejected",
}
OPEN = ("pending", "approved")
ORDER = 2**252 + 27742317777372353535851937790883648493


class Refused(Exception):
    def __init__(self, code, index=None):
        super().__init__(code)
        self.code, self.index = code, index


def sha(data):
    return hashlib.sha256(data).digest()


def item_at(stream, code, index=None):
    """One item of a CBOR sequence; canonical encoding is checked by encoding again."""
    start = stream.tell()
    if start == len(stream.getbuffer()):
        raise Refused("truncated", index)
    try:
        value = cbor2.CBORDecoder(stream).decode()
    except cbor2.CBORDecodeEOF:
        raise Refused("truncated", index)
    except Exception:
        raise Refused(code, index)
    if cbor2.dumps(value, canonical=True) != bytes(stream.getbuffer()[start:stream.tell()]):
        raise Refused(code, index)
    return value


def decode(data, code, index=None):
    stream = io.BytesIO(data)
    try:
        value = item_at(stream, code, index)
    except Refused:
        raise Refused(code, index)
    if stream.tell() != len(data):
        raise Refused(code, index)
    return value


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def closed_map(value, needed, optional=()):
    return (isinstance(value, dict) and all(type(key) is int for key in value) and set(needed) <= set(value)
            and set(value) <= set(needed) | set(optional))


class Form(Exception):
    pass


def need(condition):
    if not condition:
        raise Form()


def thumbprint(key):
    return sha(bytes.fromhex("a301012006215820") + key)


def verified(key, message, signature):
    """Strict: S below the order; cofactorless equation by OpenSSL."""
    if len(signature) != 64 or int.from_bytes(signature[32:], "little") >= ORDER:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False


def open_envelope(data, record, key_of, detached=None):
    """The payload and the kid of a COSE_Sign1 object, or Form."""
    need(len(data) > 1 and data[0] == 0xD2)
    try:
        parts = decode(data[1:], "x")
        need(isinstance(parts, list) and len(parts) == 4)
        protected, unprotected, payload, signature = parts
        header = decode(protected, "x")
    except (Refused, TypeError):
        raise Form()
    need(unprotected == {} and isinstance(header, dict) and set(header) == {1, 4, 16})
    need(header[1] in (-8, -19) and header[16] == "countersign/%s;v=1" % record)
    need(isinstance(signature, bytes))
    need((payload is None) != (detached is None))
    payload = detached if payload is None else payload
    kid = header[4]
    key = key_of(kid)
    need(key is not None and thumbprint(key) == kid)
    need(verified(key, cbor2.dumps(["Signature1", protected, b"", payload]), signature))
    return payload, kid


def leaf_hash(data):
    return sha(b"\x00" + data)


def node_hash(left, right):
    return sha(b"\x01" + left + right)


class Tree:
    """Every complete subtree's hash by level."""

    def __init__(self):
        self.levels = [[]]

    @property
    def size(self):
        return len(self.levels[0])

    def append(self, leaf):
        self.levels[0].append(leaf)
        level = 0
        while len(self.levels[level]) % 2 == 0:
            if level + 1 == len(self.levels):
                self.levels.append([])
            self.levels[level + 1].append(node_hash(*self.levels[level][-2:]))
            level += 1

    def root(self, size=None):
        size = self.size if size is None else size
        if size == 0:
            return sha(b"")
        result, end = None, size
        for level in range(size.bit_length()):
            if size >> level & 1:
                node = self.levels[level][(end >> level) - 1]
                result = node if result is None else node_hash(node, result)
                end -= 1 << level
        return result


def read_note(note):
    """origin, size, root, signed text, signature lines; or Form."""
    lines = note.split("\n")
    need(len(lines) >= 6 and lines[3] == "" and lines[-1] == "")
    origin, size, root = lines[:3]
    need(origin and not re.search(r"[\s+]", origin) and re.fullmatch(r"0|[1-9][0-9]{0,15}", size))
    try:
        root = base64.b64decode(root, validate=True)
        need(len(root) == 32 and base64.b64encode(root).decode() == lines[2])
        signatures = []
        for line in lines[4:-1]:
            match = re.fullmatch("\u2014 ([^ ]+) ([^ ]+)", line)
            need(match)
            signatures.append((match[1], base64.b64decode(match[2], validate=True)))
    except ValueError:
        raise Form()
    return origin, int(size), root, "\n".join(lines[:3]) + "\n", signatures


def open_note(note, origin, key):
    """size and root of a note signed by the key; "other" when the key has no line; Form when it is bad."""
    said, size, root, text, signatures = read_note(note)
    need(said == origin)
    tag = sha(origin.encode() + b"\n\x01" + key)[:4]
    own = [blob for name, blob in signatures if name == origin and blob[:4] == tag]
    if not own:
        return "other"
    need(len(own) == 1 and verified(key, text.encode(), own[0][4:]))
    return size, root


class Roster:
    def __init__(self, payload):
        self.hash = sha(payload)
        value = decode(payload, "roster-invalid")
        need(closed_map(value, range(1, 11)) and value[1] == 1)
        self.domain, self.number, self.previous = value[2], value[3], value[4]
        self.threshold, self.root_keys = value[6][1], value[6][2]
        self.may = {role[1]: set(role[2]) for role in value[7]}
        self.people, self.holders = {}, {}
        for person in value[8]:
            one = {"id": person[1], "kind": person[3], "roles": person[4]}
            self.people[person[1]] = one
            for key in person[5]:
                self.holders[thumbprint(key[1])] = (one, key[1], key.get(2, 0), key.get(3))
        self.executors = {executor[1]: executor[2] for executor in value[9]}
        self.revoked = {revocation[1]: revocation[2] for revocation in value[10]}
        need(1 <= self.threshold <= len(self.root_keys))
        standing = [*self.root_keys, *self.executors.values()]
        need(not any(thumbprint(key) in self.revoked for key in standing))
        for role, allowed in self.may.items():
            holders = [p for p in self.people.values() if role in p["roles"]]
            need("approve" not in allowed or all(p["kind"] == "human" for p in holders))

    def key(self, kid):
        return self.holders[kid][1] if kid in self.holders else None

    def executor_key(self, origin):
        key = self.executors.get(origin)
        return lambda kid: key if key is not None and thumbprint(key) == kid else None

    def approving(self, person):
        return [role for role in person["roles"] if "approve" in self.may.get(role, ())]

    def revoked_at(self, kid, index):
        return kid in self.revoked and index >= self.revoked[kid]


def places(step, voters):
    """How many places of a step a maximum matching fills with voters (lists of roles)."""
    wanted = [role for role, count in step for _ in range(count)]
    taken = {}

    def fill(place, seen):
        for voter, roles in enumerate(voters):
            if wanted[place] in roles and voter not in seen:
                seen.add(voter)
                if voter not in taken or fill(taken[voter], seen):
                    taken[voter] = place
                    return True
        return False

    return sum(fill(place, set()) for place in range(len(wanted))), len(wanted)


def is_step(step):
    """Whom a step asks: one to eight roles, each once, of 1 to 32 persons each."""
    if not isinstance(step, list) or not 1 <= len(step) <= 8:
        return False
    if not all(isinstance(one, list) and len(one) == 2 and isinstance(one[0], str) for one in step):
        return False
    return all(is_int(count) and 1 <= count <= 32 for _, count in step) and len({role for role, _ in step}) == len(step)


def is_ordinary(value):
    """What policy says without a declaration; steps exactly with require."""
    if not isinstance(value, list) or len(value) != 2 or value[0] not in ("allow", "require", "deny"):
        return False
    steps = value[1]
    fits = isinstance(steps, list) and len(steps) <= 8 and (value[0] == "require") == bool(steps)
    return fits and all(is_step(step) for step in steps)


def open_step(quorum, votes):
    """Index of the first step that its own approvals do not fill, or None."""
    for number, step in enumerate(quorum):
        filled, wanted = places(step, voters_of(votes, number))
        if filled < wanted:
            return number
    return None


def voters_of(votes, number):
    people = {}
    for vote in votes:
        if vote["step"] == number:
            people.setdefault(vote["person"], vote["roles"])
    return list(people.values())


def placed(quorum, votes, roles):
    """(step, None) or (None, code) for one more approval."""
    def asks(step):
        return any(role in roles for role, _ in step)

    approvals = [vote for vote in votes if vote["choice"] == 1]
    if not any(asks(step) for step in quorum):
        return None, "role-missing"
    number = open_step(quorum, approvals)
    if number is None:
        return None, "quorum-complete"
    if asks(quorum[number]):
        now, _ = places(quorum[number], voters_of(approvals, number))
        more, _ = places(quorum[number], voters_of(approvals, number) + [roles])
        return (number, None) if more > now else (None, "place-filled")
    return None, "step-not-open" if any(asks(step) for step in quorum[number + 1:]) else "step-complete"


def unpadded(text):
    if not re.fullmatch("[A-Za-z0-9_-]+", text):
        raise ValueError("no base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


CURVES = {"ES256": ("P-256", ec.SECP256R1, hashes.SHA256), "ES384": ("P-384", ec.SECP384R1, hashes.SHA384),
          "ES512": ("P-521", ec.SECP521R1, hashes.SHA512)}
DIGESTS = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}


def token_signed(jwk, algorithm, message, signature):
    number = lambda name: int.from_bytes(unpadded(jwk[name]), "big")
    if algorithm in ("EdDSA", "Ed25519"):
        need(jwk["kty"] == "OKP" and jwk["crv"] == "Ed25519")
        Ed25519PublicKey.from_public_bytes(unpadded(jwk["x"])).verify(signature, message)
    elif algorithm in CURVES:
        name, curve, digest = CURVES[algorithm]
        need(jwk["kty"] == "EC" and jwk["crv"] == name)
        key = ec.EllipticCurvePublicNumbers(number("x"), number("y"), curve()).public_key()
        half = (key.key_size + 7) // 8
        need(len(signature) == 2 * half)
        parts = [int.from_bytes(one, "big") for one in (signature[:half], signature[half:])]
        key.verify(encode_dss_signature(*parts), message, ec.ECDSA(digest()))
    else:
        need(jwk["kty"] == "RSA" and re.fullmatch("[RP]S(256|384|512)", algorithm))
        digest, key = DIGESTS[algorithm[2:]](), rsa.RSAPublicNumbers(number("e"), number("n")).public_key()
        need(key.key_size >= 2048)
        how = padding.PKCS1v15() if algorithm[0] == "R" else padding.PSS(padding.MGF1(digest), digest.digest_size)
        key.verify(signature, message, how, digest)


def token_claims(token, key):
    """What a JWT says when it verifies with this JSON Web Key; None otherwise."""
    try:
        head, payload, signature = token.split(".")
        header, claims, jwk = json.loads(unpadded(head)), json.loads(unpadded(payload)), json.loads(key)
        need("crit" not in header and "d" not in jwk and header.get("kid", jwk.get("kid")) == jwk.get("kid"))
        token_signed(jwk, header["alg"], (head + "." + payload).encode(), unpadded(signature))
        need(isinstance(claims["sub"], str) and isinstance(claims.get("iss", ""), str))
        need(all(isinstance(claims[one], (int, float)) for one in ("iat", "exp")))
        return claims
    except (Form, InvalidSignature, ValueError, KeyError, TypeError, AttributeError):
        return None


DAYS = "mon tue wed thu fri sat sun".split()


def window_open(text, time):
    minute, opened = (time // 60 + 3 * 1440) % 10080, False
    for span in text[:-4].split(", ") if text.endswith(" UTC") else []:
        match = re.fullmatch("([a-z]{3}) ([0-9]{2}):([0-9]{2}) - ([a-z]{3}) ([0-9]{2}):([0-9]{2})", span)
        if not match or match[1] not in DAYS or match[4] not in DAYS:
            return False
        start, end = (DAYS.index(match[at]) * 1440 + int(match[at + 1]) * 60 + int(match[at + 2]) for at in (1, 4))
        opened = opened or start <= minute < end + (10080 if end <= start else 0)
    return opened


CELLS = {1: int, 2: str, 3: bytes, 4: str, 5: bool}


def is_cell(cell):
    """One value, its type as its tag says: so that equal cells have equal bytes."""
    if not isinstance(cell, list) or not cell or type(cell[0]) is not int:
        return False
    return cell == [0] if len(cell) == 1 else len(cell) == 2 and type(cell[1]) is CELLS.get(cell[0])


class Diff:
    """A diff as one item carries it (docs/spec/diff.md); Form when it is none or incomplete."""

    def __init__(self, data, digest):
        value = decode(data, "x")
        need(closed_map(value, (1, 5)) and value[1] == 1)
        parts, last = {kind: [] for kind in range(5)}, 0
        for kind, content in value[5]:
            need(is_int(kind) and last <= kind)
            if kind == 5:
                need(is_int(content[0]) and content[0] == len(parts[4]) - 1)
                parts[4][-1][1].append(content[1])
            else:
                parts[kind].append((content, []) if kind == 4 else content)
                last = kind
        self.settings, self.unseen, self.schema, self.tables = parts[1], parts[2], parts[3], parts[4]
        need(len(parts[0]) == 1 and len(parts[0][0]) == 1 and parts[0][0][0] is True)
        for head, changes in self.tables:
            self.check(head, changes)
        names = [head[0].encode() for head, _ in self.tables]
        need(names == sorted(set(names)))
        need(self.digest() == digest)

    def check(self, head, changes):
        width = len(head[1])
        need(len(head) == 9 and all(isinstance(name, str) for name in [head[0], *head[1]]))
        for indexes in head[2:5]:
            need(all(is_int(at) and at < width for at in indexes) and len(set(indexes)) == len(indexes))
        counts = [0, 0, 0]
        for before, after in changes:
            need(before is not None or after is not None)
            need(all(row is None or len(row) == width and all(map(is_cell, row)) for row in (before, after)))
            need(before != after)
            need(before is not None or all(after[at] == [0] for at in head[4]))
            counts[0 if before is None else 2 if after is None else 1] += 1
        need(all(map(is_int, head[5:8])) and head[5:8] == counts and changes)

    def leaves(self, head, changes):
        def cells(row, before):
            hidden = head[4] if before is None else []
            return row and [[0] if index in hidden else cell for index, cell in enumerate(row)]
        return sorted(sha(b"\x00" + cbor2.dumps([before, cells(after, before)])) for before, after in changes)

    def digest(self):
        def table(head, changes):
            shown = sha(b"\x01" + b"".join(self.leaves(head, changes)))
            need(shown == head[8])
            return sha(b"\x02" + cbor2.dumps([*head, shown]))
        tables = b"".join(sorted(table(*one) for one in self.tables))
        schema = b"".join(sorted(sha(b"\x03" + cbor2.dumps(one)) for one in self.schema))
        return sha(b"\x04" + cbor2.dumps([1, sha(tables), sha(schema), *self.around()]))

    def around(self):
        return [sorted(self.unseen, key=str.encode), True, sorted(self.settings, key=lambda one: one[0].encode())]

    def drifting(self, head, engine, names):
        def fold(text):
            return re.sub("[A-Z]", lambda letter: letter[0].lower(), text) if engine == "sqlite" else text
        def quoted(part):
            plain = re.fullmatch("[a-z_\x80-\uffff][a-z0-9_\x80-\uffff]*", part)
            return part if plain else '"%s"' % part.replace('"', '""')
        table = "main." + quoted(fold(head[0])) if engine == "sqlite" else head[0]
        lower = (lambda text: text.lower()) if engine in ("mysql", "mariadb") else fold
        return [at for at, column in enumerate(head[1]) if table + "." + quoted(lower(column)) in names]

    def without_drift(self, engine, names, fewer):
        """Counted leaves by table, values that may have drifted taken out; Form where a tolerance has no meaning."""
        need(not self.schema)
        found = {}
        for head, changes in self.tables:
            drifting = self.drifting(head, engine, names)
            need(not set(drifting) & set(head[2]))
            need(head[2] or not (drifting or fewer))
            need(not (fewer and set(head[2]) & set(head[4])))
            def blank(change):
                before, after = change
                if before is None:
                    return change
                left = [at for at in drifting if after is None or before[at] == after[at]]
                return [row and [[0] if at in left else cell for at, cell in enumerate(row)] for row in change]
            found[cbor2.dumps(head[:5])] = Counter(self.leaves(head, [blank(one) for one in changes]))
        return found


def states(effect, diff):
    """Whether the counts and words beside a digest are those of the diff."""
    tables = [(one[1], one[2], one[3], one[4]) for one in effect[2]]
    counted = tables == [(head[0], *head[5:8]) for head, _ in diff.tables]
    rows = sum(sum(one[1:]) for one in tables)
    return counted and effect[1] == rows and effect[5] is True and sorted(effect[6]) == sorted(diff.unseen)


def within(request, effect):
    """Whether the rows of a receipt are within the tolerance of a request that carries the signed ones."""
    names, fewer = tolerance_of(request)
    try:
        signed, ran = Diff(request[13][8], request[13][3]), Diff(effect[8], effect[3])
        was, now = (one.without_drift(request[10][2], names, fewer) for one in (signed, ran))
    except (Form, Refused, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return False
    if signed.around() != ran.around() or not states(effect, ran):
        return False
    if was and not now:
        return False
    if not fewer:
        return was == now
    return all(table in was and not count - was[table] for table, count in now.items())


def tolerance_of(request):
    meant = request[13][5] and not request[13][7]
    pairs = dict(request[14].get(5, [])) if meant else {}
    names = pairs["may_drift"].split(", ") if "may_drift" in pairs else []
    return names, pairs.get("fewer_rows") == "true"


def counted_within(ran, signed, fewer):
    counts = [{one[1]: (one[2], one[3], one[4]) for one in effect[2]} for effect in (ran, signed)]
    words = [(sorted(effect[6]), sorted(effect[7])) for effect in (ran, signed)]
    rows = sum(sum(count) for count in counts[0].values())
    if not (ran[5] and signed[5]) or rows != ran[1] or words[0] != words[1] or len(counts[0]) != len(ran[2]):
        return False
    if not fewer:
        return ran[2] == signed[2]
    return rows > 0 and all(table in counts[1] and all(a <= b for a, b in zip(count, counts[1][table]))
                            for table, count in counts[0].items())


class Verifier:
    def __init__(self, root_keys, threshold):
        self.root_keys, self.threshold = sorted(root_keys), threshold
        self.tree, self.rosters, self.lives = Tree(), [], {}
        self.heads, self.chained, self.sequences = {}, set(), set()
        self.policies, self.genesis = set(), None
        self.token_keys, self.tokens, self.notes_erased = [], {}, False
        self.logged = set()

    @property
    def roster(self):
        return self.rosters[-1]

    def run(self, data, heads, journals):
        stream = io.BytesIO(data)
        header = item_at(stream, "header-malformed")
        if not closed_map(header, (1, 2, 3, 4)) or header[1] != 1 or not is_int(header[4]):
            raise Refused("header-malformed")
        items = []
        for index in range(header[4]):
            item = item_at(stream, "item-malformed", index)
            if not (isinstance(item, list) and len(item) == 2 and isinstance(item[0], bytes)
                    and (item[1] is None or isinstance(item[1], bytes))):
                raise Refused("item-malformed", index)
            items.append(item)
        trailer = item_at(stream, "trailer-malformed")
        if not closed_map(trailer, (1,)) or not isinstance(trailer[1], str):
            raise Refused("trailer-malformed")
        if stream.tell() != len(data):
            raise Refused("trailing-bytes")
        previous = bytes(32)
        for index, (entry, body) in enumerate(items):
            try:
                self.entry(index, entry, body, previous)
            except Refused as refused:
                raise Refused(refused.code, index)
            if index == 0 and self.genesis != (header[2], header[3]):
                raise Refused("genesis-mismatch", 0)
            self.tree.append(leaf_hash(entry))
            previous = sha(entry)
        self.end(trailer[1], heads, journals)

    def entry(self, index, data, body, previous):
        value = decode(data, "entry-malformed")
        if not closed_map(value, range(1, 7), (7,)) or value[1] != 1 or not is_int(value[2]) or value[2] > 14:
            raise Refused("entry-malformed")
        if not (is_int(value[3]) and is_int(value[4]) and len(value[5]) == len(value[6]) == 32):
            raise Refused("entry-malformed")
        if value[3] != index:
            raise Refused("index-mismatch")
        if body is not None and sha(body) != value[6]:
            raise Refused("body-mismatch")
        if value[5] != previous:
            raise Refused("chain-broken")
        kind, about = TYPES[value[2]], value.get(7)
        if (about is not None) != (kind in OF_REQUEST):
            raise Refused("request-id-mismatch")
        if body is None:
            return self.erased(kind, about, value[6])
        if kind not in ("genesis", "roster") and not (self.genesis and self.rosters):
            raise Refused("roster-missing" if self.genesis else "genesis-misplaced")
        self.index, self.time, self.about, self.body = index, value[4], about, body
        getattr(self, "on_" + kind.replace("-", "_"))()

    def erased(self, kind, about, digest):
        if kind not in ERASABLE:
            raise Refused("body-needed")
        self.notes_erased = self.notes_erased or kind == "operator"
        if kind == "submission":
            self.begin(about, digest, None, None, False)
        elif about is not None:
            life = self.lives.get(about)
            if life is None:
                raise Refused("request-unknown")
            if kind not in ("export", "read"):
                life["proved"] = False

    def begin(self, about, digest, submission, requester, by_agent):
        if about in self.lives:
            raise Refused("submission-repeated")
        self.lives[about] = dict(state="submitted", submission=submission, submission_hash=digest, requester=requester,
                                 by_agent=by_agent, verdict=None, request=None, counted=[], intent=None, ran=False,
                                 proved=submission is not None, closed=False)

    def life(self, kind, check=True):
        life = self.lives.get(self.about)
        if life is None:
            raise Refused("request-unknown")
        if check:
            self.may_follow(life, kind)
        return life

    def may_follow(self, life, kind):
        if life["proved"] and life["state"] not in MAY_FOLLOW[kind].split():
            raise Refused("transition")

    def note(self, needed, optional=()):
        value = decode(self.body, "body-malformed")
        if not closed_map(value, needed, optional):
            raise Refused("body-malformed")
        return value

    def signed(self, record, key_of, needed, optional=(), data=None):
        data = self.body if data is None else data
        try:
            payload, kid = open_envelope(data, record, key_of)
            value = decode(payload, "signature-invalid")
            need(closed_map(value, needed, optional) and value[1] == 1 and value[2] == self.genesis[0])
        except Form:
            raise Refused("signature-invalid")
        return value, kid

    def own_executor(self):
        return self.roster.executor_key(self.genesis[1])

    def same_id(self, named):
        if named != self.about:
            raise Refused("request-id-mismatch")

    def same_request(self, life, named):
        if life["request"] is None and not life["proved"]:
            return
        if life["request"] is None or life["request"]["hash"] != named:
            raise Refused("hash-mismatch")

    def on_genesis(self):
        if self.index != 0 or self.genesis:
            raise Refused("genesis-misplaced")
        value = self.note((1, 2, 3))
        self.genesis = (value[2], value[3])

    def on_roster(self):
        if not self.genesis:
            raise Refused("genesis-misplaced")
        try:
            signed = decode(self.body, "roster-invalid")
            need(closed_map(signed, (1, 2, 3)) and signed[1] == 1 and isinstance(signed[2], bytes))
            roster = Roster(signed[2])
            need(roster.number == len(self.rosters) + 1)
            bases = [roster]
            if self.rosters:
                need(roster.previous == self.roster.hash and roster.domain == self.roster.domain)
                need(all(kid in roster.revoked and roster.revoked[kid] <= since for kid, since in self.roster.revoked.items()))
                bases.append(self.roster)
            else:
                need(roster.previous is None and roster.root_keys == self.root_keys and roster.threshold == self.threshold)
            keys = {thumbprint(key): key for base in bases for key in base.root_keys}
            signers = {open_envelope(one, "roster", keys.get, signed[2])[1] for one in signed[3]}
            for base in bases:
                need(sum(thumbprint(key) in signers for key in base.root_keys) >= base.threshold)
        except (Form, KeyError, TypeError):
            raise Refused("roster-invalid")
        if roster.domain != self.genesis[0]:
            raise Refused("genesis-mismatch")
        if self.genesis[1] not in roster.executors:
            raise Refused("executor-unknown")
        self.rosters.append(roster)

    def on_policy(self):
        self.policies.add(self.note((1, 2))[1])

    def on_operator(self):
        value = self.note((1, 2, 3))
        if value[2] == "token-key":
            self.token_keys.append(value[3])
        if value[2] == "token":
            self.on_token(value[1], value[3])
        if value[1] != "executor" or value[2] != "run-cut-off":
            return
        match = re.fullmatch("attempt ([1-9][0-9]*) of ([0-9a-f]{32}) left no marker: it did not run", value[3])
        if not match:
            raise Refused("body-malformed")
        life = self.lives.get(bytes.fromhex(match[2]))
        if life is None:
            raise Refused("request-unknown")
        if life["proved"] and life["state"] != "running":
            raise Refused("transition")
        if life["proved"] and life["intent"][4] != int(match[1]):
            raise Refused("intent-mismatch")
        life["state"] = "approved"

    def on_token(self, who, token):
        person = self.roster.people.get(who)
        if person is None or person["kind"] == "human":
            raise Refused("token-invalid")
        claims = next((one for one in (token_claims(token, key) for key in self.token_keys) if one), None)
        if claims:
            self.token_good(claims, self.time)
            self.tokens[hashlib.sha256(token.encode()).hexdigest()] = (who, claims)
        elif not self.notes_erased:
            raise Refused("token-invalid")

    def token_good(self, claims, time):
        if not claims["iat"] - 60 <= time <= claims["exp"] + 60:
            raise Refused("token-invalid")

    def submission_token(self, value, who):
        digest = dict(value.get(8, [])).get("token_sha256")
        if digest is None or (digest not in self.tokens and self.notes_erased):
            return
        person, claims = self.tokens.get(digest, (None, None))
        if person != who:
            raise Refused("token-unknown")
        self.token_good(claims, value[4])

    def on_witness(self):
        value = self.note((1, 2, 3))
        if value[2] > self.index or self.tree.root(value[2]) != value[3]:
            raise Refused("witness-mismatch")

    def on_submission(self):
        value, kid = self.signed("submission", self.roster.key, range(1, 8), (8, 9))
        if value.get(9, True) is not True:
            raise Refused("signature-invalid")
        self.same_id(value[3])
        person, _, since, until = self.roster.holders[kid]
        may = any("submit" in self.roster.may.get(role, ()) for role in person["roles"])
        if self.time < since or (until is not None and self.time >= until) or not may \
                or self.roster.revoked_at(kid, self.index):
            raise Refused("submitter-not-valid")
        self.submission_token(value, person["id"])
        self.begin(self.about, sha(self.body), value, (person["id"], kid), person["kind"] == "agent")

    def on_verdict(self):
        life = self.life("verdict")
        value = self.note(range(1, 6))
        if value[1] != life["submission_hash"]:
            raise Refused("hash-mismatch")
        if value[5] not in self.policies:
            raise Refused("policy-unknown")
        if value[2] != 1 and life["by_agent"] and 9 in life["submission"]:
            raise Refused("emergency-unfounded")
        state = life["state"]
        if value[2] == 1:
            life["state"] = "denied"
        elif state not in OPEN:
            if value[2] == 0 and state == "required":
                raise Refused("transition")
            life["state"] = ("allowed", None, "required")[value[2]]
        life["verdict"] = value

    def on_read(self):
        life = self.life("read")
        if self.note(range(1, 6))[1] != life["submission_hash"]:
            raise Refused("hash-mismatch")
        life["state"] = "ran"

    def on_request(self):
        life = self.life("request")
        value, _ = self.signed("request", self.own_executor(), range(1, 15), (15, 16, 17))
        if 17 in value and not is_ordinary(value[17]):
            raise Refused("signature-invalid")
        self.same_id(value[4])
        if value[9] != life["submission_hash"]:
            raise Refused("hash-mismatch")
        if value[3] != [self.roster.number, self.roster.hash]:
            raise Refused("roster-mismatch")
        submission = life["submission"]
        if submission and (value[10][1] != submission[5] or cbor2.dumps(value[11]) != cbor2.dumps(submission[6])):
            raise Refused("request-differs")
        if submission and (9 in submission) != (17 in value):
            raise Refused("request-differs")
        if life["verdict"] and life["verdict"][5] != value[14][1]:
            raise Refused("request-differs")
        if 15 in value:
            before = self.lives.get(value[15][0])
            if before is None or before["request"] is None or before["request"]["hash"] != value[15][1]:
                raise Refused("request-differs")
        if value[5] in self.sequences:
            raise Refused("sequence-mismatch")
        self.sequences.add(value[5])
        life["request"] = dict(value=value, hash=sha(self.body), index=self.index)
        life["state"] = "pending"

    def on_export(self):
        life = self.life("export")
        self.same_request(life, self.note((1, 2))[1])

    def on_closed(self):
        life = self.life("closed")
        value = self.note((1, 2, 3, 4))
        self.same_request(life, value[1])
        kind = ("withdrawn", "expired", "superseded", "rejected")[value[2]]
        known = value[3] == "executor" or value[3] in self.roster.people
        rejected = life["state"] == "rejected"
        founded = known and rejected == (kind == "rejected")
        if founded and kind == "expired" and life["request"]:
            request = life["request"]["value"]
            founded = self.time > (request[8] if life["state"] == "approved" else request[7])
        if life["proved"] and (life["closed"] or not founded):
            raise Refused("close-unfounded")
        life["closed"], life["state"] = True, kind

    def recounted(self, life):
        """The counted decisions that still count at this index, with the roles their people hold now."""
        standing = []
        for vote in life["counted"]:
            holder = self.roster.holders.get(vote["kid"])
            if vote["choice"] == 1:
                if holder is None or holder[0]["id"] != vote["person"] or self.roster.revoked_at(vote["kid"], self.index):
                    continue
                if holder[0]["kind"] != "human" or not self.roster.approving(holder[0]):
                    continue
            standing.append(dict(vote, roles=self.roster.approving(holder[0]) if holder else vote["roles"]))
        return standing

    def judge(self, data):
        """(decision, kid, vote or None, code or None); Refused when it is not authentic."""
        value, kid = self.signed("decision", self.roster.key, range(1, 12), (12, 13, 14), data)
        number, digest = value[3]
        if not 1 <= number <= len(self.rosters) or self.rosters[number - 1].hash != digest:
            raise Refused("signature-invalid")
        self.same_id(value[4])
        for head in [[value[9][2], value[9][3]], value[9][4]]:
            if head is not None and value[9][1] == self.genesis[1]:
                if head[0] > self.index or self.tree.root(head[0]) != head[1]:
                    raise Refused("witness-mismatch")
        self.logged.add(sha(data))
        vote, code = None, "repeated"
        if sha(data) not in self.chained:
            vote, code = self.steps(value, kid, sha(data))
        return value, kid, vote, code

    def chain_fault(self, value, kid):
        head = self.heads.get(kid)
        following = 0 if head is None else head[0] + 1
        if value[7] != following:
            return "sequence-gap" if value[7] > following else "sequence-replayed"
        return None if head is None or value[8] == head[1] else "previous-mismatch"

    def steps(self, value, kid, digest):
        life = self.lives.get(value[4])
        if life is None or life["request"] is None or not life["proved"]:
            return None, "request-unknown"
        request, state = life["request"]["value"], life["state"]
        if life["request"]["hash"] != value[5]:
            return None, "request-hash-mismatch"
        approve = value[6] == 1
        if state not in OPEN:
            return None, CLOSED_CODE.get(state, "request-finished")
        if self.time > (request[7] if approve else request[8]):
            return None, "review-late"
        person, _, since, until = self.roster.holders[kid]
        if self.time < since:
            return None, "key-not-yet-valid"
        if until is not None and self.time >= until:
            return None, "key-expired"
        if self.roster.revoked_at(kid, self.index):
            return None, "key-revoked"
        if person["kind"] != "human":
            return None, "not-human"
        quorum, votes, roles = request[14][4], self.recounted(life), self.roster.approving(person)
        step = None
        if approve:
            step, code = placed(quorum, votes, roles)
            if code:
                return None, code
        elif not any(role in roles for one in quorum for role, _ in one):
            return None, "role-missing"
        asker, asking = life["requester"]
        now = self.roster.holders.get(asking)
        if person["id"] == asker or kid == asking or (now and now[0]["id"] == person["id"]):
            return None, "requester"
        before = next((vote for vote in votes if vote["person"] == person["id"]), None)
        if before and (approve or before["choice"] != 1):
            return None, "already-voted"
        if approve and value[11][2] != 1:
            return None, "summary-view"
        fault = self.chain_fault(value, kid)
        if fault:
            return None, fault
        witnessed = value[9]
        if witnessed[1] != self.genesis[1]:
            return None, "origin-mismatch"
        if witnessed[2] <= life["request"]["index"]:
            return None, "witness-before-request"
        limits = value.get(12, {})
        if max(limits.get(2, 0), limits.get(3, 0)) > request[8]:
            return None, "condition-after-window"
        if limits.get(3, request[6]) < request[6]:
            return None, "condition-before-request"
        if 2 in limits and 3 in limits and limits[2] > limits[3]:
            return None, "condition-empty"
        if limits.get(1, 0) > request[13][1]:
            return None, "condition-wider"
        return dict(person=person["id"], kid=kid, choice=value[6], roles=roles, step=step, hash=digest, limits=limits), None

    def extend(self, value, kid, data):
        self.heads[kid] = (value[7], sha(data))
        self.chained.add(sha(data))

    def on_decision(self):
        life = self.life("decision")
        value, kid, vote, code = self.judge(self.body)
        if code and life["proved"]:
            raise Refused("decision-not-counted")
        self.extend(value, kid, self.body)
        if not life["proved"]:
            return
        votes = self.recounted(life) + [vote]
        life["counted"].append(vote)
        if vote["choice"] != 1:
            life["state"] = "rejected"
        else:
            complete = open_step(life["request"]["value"][14][4], votes) is None
            life["state"] = "approved" if complete else "pending"

    def on_refused_decision(self):
        note = self.note((1, 2))
        value, kid, _, code = self.judge(note[1])
        life = self.lives.get(self.about)
        provable = life is None or life["proved"]
        if provable and code in (None, "repeated"):
            raise Refused("refusal-unfounded")
        if provable and "decision/" + code != note[2]:
            raise Refused("refusal-mismatch")
        if code != "repeated" and not self.chain_fault(value, kid):
            self.extend(value, kid, note[1])

    def within(self, life, rows):
        request, limits = life["request"]["value"], [vote["limits"] for vote in life["approvals"]]
        time = life["intent_time"]
        after = max([request[6]] + [one.get(2, 0) for one in limits])
        before = min([request[8]] + [one.get(3, request[8]) for one in limits])
        most = min([2**53] + [one.get(1, 2**53) for one in limits])
        if not after <= time <= before or rows > most:
            raise Refused("condition-unmet")

    def on_intent(self):
        life = self.life("intent")
        value = self.note((1, 2, 3, 4))
        self.same_request(life, value[1])
        if value[3] not in self.policies:
            raise Refused("policy-unknown")
        if life["proved"] and value[4] != (life["intent"][4] if life["intent"] else 0) + 1:
            raise Refused("intent-mismatch")
        if life["proved"]:
            votes = self.recounted(life)
            if any(vote["choice"] != 1 for vote in votes) or open_step(life["request"]["value"][14][4], votes) is not None:
                raise Refused("quorum-incomplete")
            if value[2] != [vote["hash"] for vote in votes]:
                raise Refused("intent-mismatch")
            life["approvals"], life["intent_time"] = votes, self.time
            self.within(life, 0)
            window = dict(life["request"]["value"][14].get(5, [])).get("window")
            if window is not None and not window_open(window, self.time):
                raise Refused("window-unmet")
        life["intent"], life["state"] = value, "running"

    def rows_of(self, request, ran):
        """How many rows an executed run changed at most, when its effect is the signed one or within its tolerance."""
        signed, (names, fewer) = request[13], tolerance_of(request)
        tolerant = fewer or bool(names)
        if ran is None:
            if not tolerant:
                raise Refused("effect-differs")
            return signed[1]
        if ran[3] == signed[3] or not tolerant:
            if any(ran[key] != signed[key] for key in (1, 2, 3, 5)):
                raise Refused("effect-differs")
        elif 8 in signed and 8 not in ran and (not names or ran[4] <= 16384):
            raise Refused("tolerance-exceeded")
        elif not counted_within(ran, signed, fewer) or (8 in ran and 8 in signed and not within(request, ran)):
            raise Refused("tolerance-exceeded")
        return ran[1]

    def on_receipt(self):
        life = self.life("receipt", check=False)
        value, _ = self.signed("receipt", self.own_executor(), (1, 2, 4, 5, 6, 7, 8, 9, 10), (11, 12))
        if value.get(12, True) is not True:
            raise Refused("signature-invalid")
        self.same_id(value[4])
        outcome = value[6]
        if outcome in (0, 4) and life["ran"]:
            raise Refused("executed-twice")
        self.may_follow(life, "receipt")
        self.same_request(life, value[5])
        if life["proved"]:
            if value[8] != life["intent"][2] or value[9] > value[10]:
                raise Refused("receipt-mismatch")
            if (12 in value) != (17 in life["request"]["value"]):
                raise Refused("receipt-mismatch")
            if life["state"] == "ambiguous" and outcome not in (4, 5):
                raise Refused("transition")
            if outcome == 0 or (outcome == 4 and value[7] is not None):
                self.within(life, self.rows_of(life["request"]["value"], value[7]))
        life["ran"] = life["ran"] or outcome in (0, 4)
        life["state"] = ("executed", "drifted", "failed", "ambiguous", "resolved", "resolved")[outcome]

    def end(self, note, heads, journals):
        if not self.genesis:
            raise Refused("genesis-misplaced")
        if not self.rosters:
            raise Refused("roster-missing")
        origin = self.genesis[1]
        try:
            if read_note(note)[1] != self.tree.size:
                raise Refused("size-mismatch")
            head = open_note(note, origin, self.roster.executors[origin])
            need(head != "other")
        except Form:
            raise Refused("checkpoint-invalid")
        if head[1] != self.tree.root():
            raise Refused("root-mismatch")
        for kept in heads:
            self.kept_head(kept)
        for journal in journals:
            self.journal(journal)

    def kept_head(self, note):
        try:
            found = [open_note(note, self.genesis[1], roster.executors[self.genesis[1]]) for roster in self.rosters]
            found = [one for one in found if one != "other"]
            need(found)
        except Form:
            raise Refused("head-invalid")
        self.on_tree(found[0], "head-ahead", "head-differs")

    def on_tree(self, head, ahead, differs):
        if head[0] > self.tree.size:
            raise Refused(ahead)
        if self.tree.root(head[0]) != head[1]:
            raise Refused(differs)

    def journal(self, data):
        state = decode(data, "journal-malformed")
        if state[2] != self.genesis[0]:
            raise Refused("journal-foreign")
        for log in state[5]:
            if log[1] != self.genesis[1]:
                continue
            if log[2] is not None:
                self.on_tree(log[2], "journal-pin-ahead", "journal-pin-differs")
            for item in log[5]:
                if sha(item[1]) in self.logged:
                    continue
                keys = {state[3]: roster.key(state[3]) for roster in self.rosters}
                try:
                    open_envelope(item[1], "decision", keys.get)
                except Form:
                    raise Refused("journal-invalid")
                raise Refused("journal-decision-missing")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle")
    parser.add_argument("--root", action="append", required=True)
    parser.add_argument("--threshold", type=int, default=1)
    parser.add_argument("--head", action="append", default=[])
    parser.add_argument("--journal", action="append", default=[])
    given = parser.parse_args()

    def content(path):
        with open(path, "rb") as file:
            return file.read()

    verifier = Verifier([bytes.fromhex(key) for key in given.root], given.threshold)
    heads = [content(path).decode() for path in given.head]
    try:
        verifier.run(content(given.bundle), heads, [content(path) for path in given.journal])
    except Refused as refused:
        print(json.dumps({"ok": False, "code": "ledger/" + refused.code, "index": refused.index}))
        return 10
    print(json.dumps({"ok": True, "size": verifier.tree.size, "root": verifier.tree.root().hex()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""CloudFront before the bucket's pictures: one signature a day for all of them, which browsers and caches keep."""

from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from activities.object_links import day_of

PICTURES = "pictures/"
LIFE = timedelta(days=2)


class CloudFront:
    """A distribution at `url` whose key group knows `key_pair_id`. ValueError where the key is no RSA private key.

    The signature is for every picture: their names hold a random id each, so that knowing one tells of no other.
    """

    def __init__(self, url: str, key_pair_id: str, private_key: str) -> None:
        self._url = url.rstrip("/")
        parts = urlsplit(self._url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        try:
            key = load_pem_private_key(private_key.encode(), None)
        except (ValueError, TypeError):
            # `from None`: what is wrong with a key is not told by its text.
            raise ValueError("CLOUDFRONT_PRIVATE_KEY is no RSA private key in PEM") from None
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("CLOUDFRONT_PRIVATE_KEY is no RSA private key in PEM")  # noqa: TRY004 - a setting's value
        self._key = key
        self._signer = CloudFrontSigner(key_pair_id, self._sign)
        self._query: tuple[datetime | None, str] = (None, "")

    def link(self, key: str, at: datetime) -> str:
        """A link to a picture, the same for a whole day and good for another one."""
        if not key.startswith(PICTURES):
            raise ValueError("only pictures are linked to here")
        day, query = self._query
        if day != day_of(at):
            day = day_of(at)
            query = self._signed(day + LIFE)
            self._query = (day, query)
        return f"{self._url}/{quote(key, safe='/-_.~')}?{query}"

    def _signed(self, until: datetime) -> str:
        everything = f"{self._url}/{PICTURES}*"
        policy = self._signer.build_policy(everything, until)
        return str(self._signer.generate_presigned_url(everything, policy=policy)).partition("?")[2]

    def _sign(self, message: bytes) -> bytes:
        # What CloudFront understands from botocore is SHA-1: there is no forging without finding a second preimage.
        return self._key.sign(message, PKCS1v15(), SHA1())  # noqa: S303 - see above

"""Runs the S3 sandbox: `python -m tests.sandbox.s3 --port N --access-key-id=K --secret-access-key=S --bucket=B ...`."""

from tests.sandbox.s3.config import Config, origins_of
from tests.sandbox.s3.server import create_app
from tests.sandbox.serve import arguments, serve

if __name__ == "__main__":
    parser = arguments("s3")
    parser.add_argument("--access-key-id", required=True, help="who may use the bucket")
    parser.add_argument("--secret-access-key", required=True, help="what they sign with")
    parser.add_argument("--bucket", required=True, help="the one bucket there is")
    parser.add_argument("--region", default="us-east-2", help="where it pretends to be")
    parser.add_argument("--origin", action="append", default=[], help="a site whose pages may use the bucket")
    given = parser.parse_args()
    # S3 tells nobody anything; whom it would tell is the site whose pages may use the bucket.
    sites = [*given.origin, *filter(None, [given.webhook_url])]
    config = Config(
        access_key_id=given.access_key_id,
        secret_access_key=given.secret_access_key,
        bucket=given.bucket,
        region=given.region,
        origins=frozenset(origin for site in sites for origin in origins_of(site)),
        data_dir=given.data_dir,
    )
    serve(create_app(config), given)

"""Silver as a Python Lambda makes it: GETs one after the other into a DataFrame, CSV out.

pandas_silver.py BUCKET_URL MANIFEST_KEY RECORDS_PREFIX OUTPUT_KEY; by boto3, or where that is not installed, http.client.
"""
import json
import sys
from urllib.parse import urlsplit

import pandas as pd

import peak_memory

bucket_url, manifest_key, records_prefix, output_key = sys.argv[1:5]
address = urlsplit(bucket_url)
bucket = address.path.strip("/")
try:
    import boto3

    s3 = boto3.client(
        "s3", endpoint_url=f"http://{address.netloc}", region_name="us-east-1",
        aws_access_key_id="bench", aws_secret_access_key="bench",
    )

    def get(key):
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def put(key, text):
        s3.put_object(Bucket=bucket, Key=key, Body=text.encode())

except ImportError:
    from http.client import HTTPConnection

    connection = HTTPConnection(address.netloc)

    def ask(method, key, body=None):
        connection.request(method, f"/{bucket}/{key}", body)
        return connection.getresponse().read()

    def get(key):
        return ask("GET", key)

    def put(key, text):
        ask("PUT", key, text.encode())


def number(text):
    digits = "".join(filter(str.isdigit, text or ""))
    return int(digits) if digits else None


def names(text):
    return None if text in (None, "N/A") else text.replace(", ", "|")


def row(record):
    item, omdb = record["movie"], record["omdb"] or {}
    return dict(
        imdb_id=item["id"], rank=int(item["rank"]), title=omdb.get("Title") or item["title"], year=number(omdb.get("Year")),
        rated=names(omdb.get("Rated")), released=pd.to_datetime(omdb.get("Released"), format="%d %b %Y", errors="coerce"),
        runtime_minutes=number(omdb.get("Runtime")), genres=names(omdb.get("Genre")), directors=names(omdb.get("Director")),
        writers=names(omdb.get("Writer")), actors=names(omdb.get("Actors")), languages=names(omdb.get("Language")),
        countries=names(omdb.get("Country")), plot=omdb.get("Plot"), awards=omdb.get("Awards"),
        imdb_rating=omdb.get("imdbRating"), imdb_votes=number(omdb.get("imdbVotes")), metascore=number(omdb.get("Metascore")),
        box_office_usd=number(omdb.get("BoxOffice")), type=omdb.get("Type"), poster_url=omdb.get("Poster"),
        enriched=record["status"] == "enriched",
    )


manifest = json.loads(get(manifest_key))
records = [json.loads(get(f"{records_prefix[:-2]}{movie['id']}.json")) for movie in manifest["movies"]]
put(output_key, pd.DataFrame([row(record) for record in records]).to_csv(index=False))

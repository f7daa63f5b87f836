"""All thirteen gold tables by pandas: pandas_gold.py SILVER_CSV FOLDER"""
import sys

import pandas as pd

import peak_memory

silver, folder = sys.argv[1:3]
movies = pd.read_csv(silver)
movies["decade"] = movies.year // 10 * 10


def write(table, name):
    table.to_csv(f"{folder}/{name}.csv", index=False)


def per_name(column, singular, top=None, box_office=True):
    named = movies.assign(**{singular: movies[column].str.split("|")}).explode(singular)
    figures = dict(movie_count=("imdb_id", "count"), avg_imdb_rating=("imdb_rating", "mean"))
    if box_office:
        figures["total_box_office_usd"] = ("box_office_usd", "sum")
    table = named.drop_duplicates(["imdb_id", singular]).groupby(singular).agg(**figures).round(2).reset_index()
    order = ["movie_count", singular] if top is None else ["movie_count", "avg_imdb_rating", singular]
    return table.sort_values(order, ascending=[False] * (len(order) - 1) + [True]).head(top or len(table))


def newest_first(column, **figures):
    return movies.groupby(column).agg(**figures).round(2).reset_index().sort_values(column, ascending=False)


COUNT = dict(movie_count=("imdb_id", "count"))
RATING = dict(avg_imdb_rating=("imdb_rating", "mean"))
RUNTIME = dict(avg_runtime_minutes=("runtime_minutes", "mean"))
BOX_OFFICE = dict(total_box_office_usd=("box_office_usd", "sum"))
write(per_name("genres", "genre"), "movies_by_genre")
write(per_name("countries", "country"), "movies_by_country")
write(per_name("languages", "language"), "movies_by_language")
write(per_name("directors", "director", 25), "top_directors")
write(per_name("actors", "actor", 25, box_office=False), "top_actors")
write(newest_first("year", **COUNT, **RATING), "movies_per_year")
write(newest_first("decade", **COUNT, **RATING, **RUNTIME, **BOX_OFFICE), "movies_by_decade")
write(newest_first("year", **BOX_OFFICE, movies_with_box_office=("box_office_usd", "count")), "box_office_per_year")
genres = movies[["imdb_id", "decade"]].assign(genre=movies.genres.str.split("|")).explode("genre").drop_duplicates()
genre_by_decade = genres.groupby(["decade", "genre"]).size().reset_index(name="movie_count")
write(genre_by_decade.sort_values(["decade", "movie_count", "genre"], ascending=[False, False, True]), "genre_by_decade")
AWARDS = ["oscar_wins", "award_wins", "award_nominations"]
most = movies.sort_values([*AWARDS, "imdb_id"], ascending=[False] * 3 + [True]).head(25)
write(most[["imdb_id", "title", "year", *AWARDS, "awards", "imdb_rating", "imdb_votes"]], "most_awarded")
TOP_RATED = """rank imdb_id title year released imdb_rating imdb_votes runtime_minutes genres directors countries languages
metascore awards box_office_usd"""
write(movies.sort_values("rank")[TOP_RATED.split()], "top_rated")
changes = movies[["imdb_id", "title", "rank"]].assign(previous_date="", previous_rank="", change="", status="new")
write(changes[["imdb_id", "title", "previous_date", "previous_rank", "rank", "change", "status"]], "rank_changes")
countries = movies.countries.str.split("|").explode().nunique()
write(
    pd.DataFrame([dict(
        movies=len(movies), enriched=movies.enriched.sum(), countries=countries,
        avg_imdb_rating=round(movies.imdb_rating.mean(), 2), total_imdb_votes=movies.imdb_votes.sum(),
        avg_runtime_minutes=round(movies.runtime_minutes.mean(), 2), total_box_office_usd=movies.box_office_usd.sum(),
        total_oscar_wins=movies.oscar_wins.sum(), earliest_year=movies.year.min(), latest_year=movies.year.max(),
    )]),
    "summary",
)

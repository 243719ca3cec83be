"""The description of the service in OpenAPI 3.1."""

from __future__ import annotations

from ..typing import Document
from ..version import __version__
from .exchange import Served

ERRORS = {
    "400": "The body is not JSON or CSV, or has no rows.",
    "401": "The token is missing or wrong.",
    "406": "CSV is asked for, but has no place for what else is.",
    "408": "The body did not arrive in time.",
    "413": "The body or the number of rows is too large.",
    "415": "The body is of another type.",
    "421": "The Host is not one of those that are served.",
    "422": "A column is missing or rows cannot be read; rows lists them.",
    "500": "An error in the model or in plastica; see the log of the server.",
    "503": "The model is not ready, or too many requests wait.",
    "504": "The answer took too long.",
}
TABULAR = ("table", "estimator")  # kinds of models whose requests are rows with names
QUERY = {
    "probabilities": "Whether to add the probability of each class. Default: true for JSON, false for CSV.",
    "skip_bad_rows": "Whether to answer the good rows of a request that has bad ones: null stands for the others.",
    "notes": "Whether to add notes on values that training had not seen.",
}


def openapi_document(served: Served) -> Document:
    """Return the document for a model."""
    schema = served.schema()
    rows: Document = {"oneOf": [{"$ref": "#/components/schemas/Row"}, _array({"$ref": "#/components/schemas/Row"})]}
    content: Document = {"application/json": {"schema": rows, "examples": _examples(schema)}}
    if served.kind in TABULAR:
        content |= {"text/csv": {"schema": {"type": "string"}}, "application/x-ndjson": {"schema": {"type": "string"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{served.name} ({served.kind})", "version": served.digest, "x-plastica": __version__},
        "paths": {
            "/predict": {"post": _predict(content, served.kind)},
            **{path: {"get": _get(said)} for path, said in OTHERS.items()},
        },
        "components": {
            "schemas": {"Row": schema, "Predictions": PREDICTIONS, "Error": ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


OTHERS = {
    "/schema": "The JSON Schema of a row.",
    "/drift": "How far the values of each column are from those of training.",
    "/health/live": "Whether the server runs.",
    "/health/ready": "Whether the model answers: 200 or 503.",
    "/metrics": "Metrics for Prometheus.",
}
ERROR: Document = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "description": "Stable, for programs."},
                "message": {"type": "string", "description": "One sentence."},
                "bad_rows": {"type": "integer"},
                "rows": {"type": "array", "items": {"type": "object"}, "description": "The first 100 bad rows."},
            },
        }
    },
}
PREDICTIONS: Document = {
    "type": "object",
    "required": ["predictions", "model"],
    "properties": {
        "predictions": {"type": "array", "description": "In the order of the rows."},
        "target": {"type": "string"},
        "model": {"type": "string", "description": "The beginning of the SHA-256 hash of the model's file."},
    },
}


def _predict(content: Document, kind: str) -> Document:
    parameters = [
        {"name": name, "in": "query", "description": said, "schema": {"type": "boolean"}}
        for name, said in QUERY.items()
    ]
    answers: Document = {"application/json": {"schema": {"$ref": "#/components/schemas/Predictions"}}}
    if kind != "network":
        answers["text/csv"] = {"schema": {"type": "string"}}
    failed = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "summary": "Predict rows.",
        "parameters": parameters if kind in TABULAR else [],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {"description": "The predictions.", "content": answers},
            **{status: {"description": said, "content": failed} for status, said in ERRORS.items()},
        },
    }


def _get(said: str) -> Document:
    return {"summary": said, "responses": {"200": {"description": said}}}


def _array(items: Document) -> Document:
    return {"type": "array", "items": items}


def _examples(schema: Document) -> Document:
    return {} if not (found := schema["examples"]) else {"one": {"value": found[0]}, "several": {"value": found * 2}}

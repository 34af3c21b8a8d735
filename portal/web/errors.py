"""Every exception becomes a status and a page in plain German here, and nowhere else."""

from __future__ import annotations

import structlog
from flask import Flask, Response, current_app, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from portal.extensions import db
from portal.problems import Conflict, Forbidden, Invalid, NotFound, Problem, TooMany
from portal.web.htmx import is_htmx
from portal.web.language import current
from portal.workflow import N_

log = structlog.get_logger()

# status: what happened, what to do now
TEXTS: dict[int, tuple[str, str]] = {
    400: (
        N_("Das hat nicht geklappt"),
        N_("Es wurde nichts gespeichert. War die Seite lange offen, laden Sie sie bitte neu."),
    ),
    401: (N_("Bitte anmelden"), N_("Melden Sie sich an und versuchen Sie es noch einmal.")),
    403: (
        N_("Das ist mit Ihrer Rolle nicht möglich"),
        N_("Wenn Sie glauben, dass das ein Fehler ist, fragen Sie Ihre Administration."),
    ),
    404: (
        N_("Hier ist nichts für Sie"),
        N_("Vielleicht ist der Link veraltet, oder inzwischen ist jemand anderes zuständig."),
    ),
    405: (N_("So lässt sich diese Seite nicht aufrufen"), N_("Bitte gehen Sie zur Startseite.")),
    409: (
        N_("Inzwischen hat sich etwas geändert"),
        N_("Bitte sehen Sie sich den neuen Stand an. Es wurde nichts überschrieben."),
    ),
    413: (
        N_("Das war zu viel auf einmal"),
        N_("Gehen Sie im Browser zurück und kürzen Sie den Text. Ihre Eingaben sind noch da."),
    ),
    422: (N_("Etwas stimmt nicht mit den Eingaben"), N_("Bitte gehen Sie zurück und prüfen Sie.")),
    429: (
        N_("Zu viele Versuche"),
        N_("Bitte warten Sie 15 Minuten. Danach geht es wie gewohnt weiter."),
    ),
    500: (
        N_("Bei uns ist etwas schiefgegangen"),
        N_("Es wurde nichts halb gespeichert. Bitte versuchen Sie es noch einmal."),
    ),
    503: (
        N_("Das Portal ist gerade nicht erreichbar"),
        N_("Es wurde nichts halb gespeichert. Bitte versuchen Sie es in einigen Minuten."),
    ),
}  # fmt: skip

# Fields of forms that no page repeats: codes and PINs are typed again.
_NEVER_WRITTEN = ("csrf_token", "code", "again", "pin")

_STATUS: dict[type[Problem], int] = {
    NotFound: 404, Forbidden: 403, Conflict: 409, Invalid: 422, TooMany: 429,
}  # fmt: skip


def error_page(
    status: int, message: str = "", typed: list[tuple[str, str]] | None = None
) -> Response:
    """The page (or for htmx the fragment) that tells of an error and shows a way on."""
    title, advice = TEXTS.get(status, TEXTS[500 if status >= 500 else 404])
    template = "errors/part.html" if is_htmx() else "errors/page.html"
    try:
        body = render_template(
            template, status=status, title=title, advice=advice, message=message, typed=typed
        )
    except OperationalError:  # who is signed in could not be asked
        return _plain_error_page(503)
    return make_response(body, status)


def _typed_here() -> list[tuple[str, str]]:
    """What was typed into a form of ours whose token had run out, to be sent once more.

    Empty for a form on a foreign site: one click more must not do what its token prevents.
    """
    ours = request.headers.get("Origin") == request.host_url.rstrip("/")
    if not ours or request.blueprint == "accounts":  # no password is written into a page
        return []
    typed = request.form.items(multi=True)
    return [(name, value) for name, value in typed if name not in _NEVER_WRITTEN]


def init_app(app: Flask) -> None:
    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        db.session.rollback()
        return error_page(_STATUS.get(type(error), 409), error.message)

    @app.errorhandler(CSRFError)
    def wrong_token(_error: CSRFError) -> Response:
        db.session.rollback()
        late = N_("Diese Seite war zu lange offen. Ihre Eingaben sind nicht verloren.")
        return error_page(400, late, typed=_typed_here())

    @app.errorhandler(StaleDataError)
    def too_late(_error: StaleDataError) -> Response:
        db.session.rollback()
        return error_page(409)

    @app.errorhandler(IntegrityError)
    def twice(error: IntegrityError) -> Response:
        # Two people created the same thing at once; the rules caught all other cases before.
        db.session.rollback()
        log.warning("integrity", endpoint=request.endpoint, error=type(error.orig).__name__)
        return error_page(409)

    @app.errorhandler(PoolTimeout)
    @app.errorhandler(OperationalError)
    def no_database(error: OperationalError | PoolTimeout) -> Response:
        _forget_session()
        cause = getattr(error, "orig", error)
        log.error("database", endpoint=request.endpoint, error=type(cause).__name__)
        return _plain_error_page(503)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        db.session.rollback()
        if error.response is not None:
            return make_response(error.response)
        response = error_page(error.code or 500)
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        _forget_session()
        # The traceback's frames hold personal data, so only its place is logged.
        kind, where = type(error).__name__, _place(error)
        log.error("unexpected", endpoint=request.endpoint, error=kind, where=where)
        if app.testing or app.debug:
            raise error
        return _plain_error_page(500)


def _forget_session() -> None:
    try:
        db.session.rollback()
    except OperationalError:
        db.session.remove()


def _plain_error_page(status: int) -> Response:
    """An error page that needs no database: who is signed in cannot be asked now."""
    title, advice = TEXTS[status]
    # Not `render_template`: what that adds to every page is read from the database.
    name = "errors/part.html" if is_htmx() else "errors/plain.html"
    template = current_app.jinja_env.get_template(name)
    body = template.render(status=status, title=title, advice=advice, language=current())
    return make_response(body, status)


def _place(error: BaseException) -> str:
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    if frame is None:
        return ""
    return f"{frame.tb_frame.f_code.co_filename.rpartition('/')[2]}:{frame.tb_lineno}"

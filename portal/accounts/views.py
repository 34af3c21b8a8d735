"""The own account: log-in, password, switching, logging out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    flash,
    g,
    make_response,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import refresh
from flask_security import current_user

from portal.accounts import credentials, login
from portal.accounts.forms import (
    ChangePasswordForm,
    ForgottenForm,
    LoginForm,
    NewPasswordForm,
)
from portal.accounts.links import INVITATION, PATH
from portal.accounts.session import MEMBERSHIP, active_memberships, now, own_actor, person
from portal.actor import Actor
from portal.database import begin_writing
from portal.extensions import db
from portal.problems import Invalid, NotFound
from portal.web.access import PERSON, PUBLIC, access
from portal.web.fields import FieldsForm, fields_form
from portal.web.htmx import go
from portal.web.language import SESSION_KEY
from portal.wording import LANGUAGES
from portal.workflow import text_complaint

bp = Blueprint("accounts", __name__)


@bp.route("/login", methods=["GET", "POST"], endpoint="login")
@access(PUBLIC)
def login_page() -> Response:
    if request.method == "POST":
        return _log_in()
    target = _local(request.args.get("next", ""))
    if current_user.is_authenticated:
        return go(target)
    return _login_page(LoginForm(formdata=None, next=target))


def _log_in() -> Response:
    form = LoginForm()
    actor, address = Actor.system(now()), request.remote_addr or ""
    mail, password = form.email.data or "", form.password.data or ""
    credentials.begin_attempt(actor, mail, address)
    db.session.commit()

    # Checking takes long by design, so nobody waits for the database meanwhile.
    found = credentials.person_of_mail(mail)
    proven = found.password if found and login.proves(found, password) else None
    if found is None:
        login.proves(None, password)
    db.session.rollback()
    begin_writing()
    found = credentials.person_of_mail(mail)

    if found is None or proven is None or found.password != proven:
        credentials.record_failed_login(actor, found)
        db.session.commit()
        form.form_errors.append(_("E-Mail-Adresse oder Passwort stimmt nicht."))
        return _login_page(form, 422)
    credentials.log_in(actor, found, address)
    db.session.commit()
    login.sign_in(found)
    return go(_local(form.next.data or ""))


@bp.post("/logout")
@access(PERSON)
def logout() -> Response:
    """Ends every session of the person: the cookie alone could have been copied."""
    credentials.log_out_everywhere(own_actor(), person())
    db.session.commit()
    login.sign_out()
    flash(_("Sie sind abgemeldet, auch auf anderen Geräten."), "success")
    return go(url_for("accounts.login"))


@bp.get("/account")
@access(PERSON)
def account() -> Response:
    return _account_page()


@bp.post("/account/switch")
@access(PERSON)
def switch() -> Response:
    wanted = _uuid(request.form.get("membership", ""))
    chosen = next((m for m in active_memberships(person()) if m.id == wanted), None)
    if chosen is None:
        raise NotFound
    session[MEMBERSHIP] = chosen.id.hex
    return go(url_for("dashboard.start"))


@bp.post("/account/language")
@access(PERSON)
def language() -> Response:
    actor = own_actor()
    form = fields_form(credentials.LANGUAGE_FIELDS, today=actor.today, formdata=request.form)
    try:
        credentials.set_language(actor, person(), form.read())
    except Invalid as refusal:
        form.put_errors(refusal.errors)
        return _account_page(language_form=form, status=422)
    db.session.commit()
    session[SESSION_KEY] = g.language = person().language
    refresh()
    flash(_("Gespeichert."), "success")
    return go(_local(request.form.get("next", "")))


@bp.post("/language")
@access(PUBLIC)
def browser_language() -> Response:
    """The same for a browser in which nobody is signed in."""
    wanted = request.form.get("language", "")
    if wanted not in LANGUAGES:
        raise NotFound
    session[SESSION_KEY] = wanted
    return go(_local(request.form.get("next", "")))


@bp.post("/account/password")
@access(PERSON)
def change_password() -> Response:
    form = ChangePasswordForm()
    try:
        credentials.change_password(own_actor(), person(), form.old.data or "", form.new.data or "")
    except Invalid as refusal:
        form.put_errors(refusal.errors)
        return _account_page(password_form=form, status=422)
    db.session.commit()
    acting = session.get(MEMBERSHIP)
    login.sign_in(person())
    session[MEMBERSHIP] = acting
    flash(_("Ihr Passwort ist geändert. Andere Geräte sind abgemeldet."), "success")
    return go(url_for("accounts.account"))


@bp.get("/account/forgotten")
@access(PUBLIC)
def forgotten() -> Response:
    return make_response(
        render_template("accounts/forgotten.html", form=ForgottenForm(formdata=None))
    )


@bp.post("/account/forgotten")
@access(PUBLIC)
def send_reset() -> Response:
    mail = ForgottenForm().email.data or ""
    credentials.request_reset(Actor.system(now()), mail, request.remote_addr or "")
    db.session.commit()
    flash(_("Wenn es zu dieser Adresse ein Konto gibt, ist ein Link dorthin unterwegs."), "success")
    return go(url_for("accounts.login"))


@bp.get(f"{PATH}<token>")
@access(PUBLIC)
def choose_password(token: str) -> Response:
    """Changes nothing: mail programs open links before people do."""
    return _password_page(token, NewPasswordForm(formdata=None))


@bp.post(f"{PATH}<token>")
@access(PUBLIC)
def set_password(token: str) -> Response:
    form = NewPasswordForm()
    meant = login.person_of_link(token, now())
    if meant is None:
        return _dead_link()
    try:
        credentials.set_password(Actor.system(now()), meant[0], form.new.data or "")
    except Invalid as refusal:
        form.put_errors(refusal.errors)
        return _password_page(token, form, 422)
    db.session.commit()
    login.sign_out()
    flash(_("Ihr Passwort ist gespeichert. Melden Sie sich jetzt damit an."), "success")
    return go(url_for("accounts.login"))


def _login_page(form: LoginForm, status: int = 200) -> Response:
    return make_response(render_template("accounts/login.html", form=form), status)


def _password_page(token: str, form: NewPasswordForm, status: int = 200) -> Response:
    meant = login.person_of_link(token, now())
    if meant is None:
        return _dead_link()
    body = render_template("accounts/set_password.html", form=form, person=meant[0],
                           first=meant[1] == INVITATION)  # fmt: skip
    return make_response(body, status)


def _dead_link() -> Response:
    return make_response(render_template("accounts/dead_link.html"), 404)


def _account_page(
    password_form: Any = None, language_form: Any = None, status: int = 200
) -> Response:
    body = render_template(
        "accounts/account.html",
        person=person(),
        mine=active_memberships(person()),
        password_form=password_form or ChangePasswordForm(formdata=None),
        language_form=language_form or _language_form(),
    )
    return make_response(body, status)


def _language_form() -> FieldsForm:
    chosen = {"language": person().language}
    return fields_form(credentials.LANGUAGE_FIELDS, today=now().date(), values=chosen)


def _local(target: str) -> str:
    """Where to go after log-in: a page of this portal, never another site's."""
    elsewhere = not target.startswith("/") or target[1:2] in ("/", "\\")
    return url_for("dashboard.start") if elsewhere or text_complaint(target) else target


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None

"""An expert's own entry: applying for the pool, the profile, whom they must not judge, leaving."""

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import SelectChoice, SelectField, SelectMultipleField, StringField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from supermarket.core.clock import now
from supermarket.core.forms import CommandForm, Text, UsccField, WholeField
from supermarket.core.permissions import P
from supermarket.experts import operations as experts
from supermarket.experts.commands import ExpertProfile
from supermarket.experts.forms import INTEREST_LABELS, InterestForm, StandingReasonForm
from supermarket.experts.models import Expert
from supermarket.experts.queries import expert_of
from supermarket.experts.states import ExpertStanding
from supermarket.policies.queries import industries, region_names
from supermarket.web.access import needs, present_actor
from supermarket.web.acting import attempt, perform, tell
from supermarket.web.expert.blueprint import blueprint

Answer = str | Response | tuple[str, int]


class ProfilePageForm(CommandForm):
    """The profile with boxes and lists to choose from; the rules are the room's."""

    title = StringField(_l("Professional title"), validators=[Text(most=64)])
    employer = StringField(_l("Employer"), validators=[Text(least=1, most=200)])
    employer_uscc = UsccField(_l("The employer's unified social credit code"))
    region = SelectField(_l("Region"), validators=[Text(least=6, most=6)], validate_choice=False, choices=[])
    industries = SelectMultipleField(
        _l("Industries"),
        choices=[],
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    matters = StringField(_l("Only these matters"), validators=[Text(most=1000)])
    version = WholeField(validators=[Optional()])

    def offer(self) -> None:
        """Fill the lists."""
        names = region_names()
        self.region.choices = [SelectChoice("", _("Please choose."))] + [
            SelectChoice(code, ("\u3000" * {"province": 0, "prefecture": 1}.get(names[code][2], 2)) + names[code][0])
            for code in sorted(names)
            if names[code][2] != "county"
        ]
        self.industries.choices = [SelectChoice(row.code, row.name) for row in industries()]

    def fill(self, row: Expert) -> None:
        """Show what stands."""
        self.title.data, self.employer.data, self.employer_uscc.data = row.title, row.employer, row.employer_uscc
        self.region.data, self.industries.data = row.region_code, list(row.industries)
        self.matters.data, self.version.data = " ".join(row.matters), row.version

    def profile(self) -> ExpertProfile:
        """The profile of a valid form."""
        return ExpertProfile(
            title=self.title.data or "",
            employer=self.employer.data,
            employer_uscc=self.employer_uscc.data or None,
            region_code=self.region.data,
            industries=tuple(self.industries.data or ()),
            matters=tuple((self.matters.data or "").replace("，", " ").replace(",", " ").split()),
        )


def _page(
    form: ProfilePageForm | None = None, interest: InterestForm | None = None, leave: StandingReasonForm | None = None
) -> str:
    row = expert_of(present_actor())
    if form is None:
        form = ProfilePageForm(formdata=None)
        if row is not None:
            form.fill(row)
    form.offer()
    return render_template(
        "expert/profile.html",
        expert=row,
        form=form,
        interest=interest or InterestForm(formdata=None, prefix="interest"),
        leave=leave or StandingReasonForm(formdata=None, prefix="leave"),
        interests=row.live_interests if row is not None else (),
        labels=INTEREST_LABELS,
        applies=row is None or row.standing is ExpertStanding.LEFT,
    )


@blueprint.get("/profile")
@needs(P.EXPERT_SERVE)
def profile() -> str:
    """The profile, the interests, the way out."""
    return _page()


@blueprint.post("/profile")
@needs(P.EXPERT_SERVE)
def save_profile() -> Answer:
    """Apply, or bring the profile up to date."""
    actor, form = present_actor(), ProfilePageForm()
    form.offer()
    row = expert_of(actor)
    if row is None or row.standing is ExpertStanding.LEFT:
        done, status = attempt(form, lambda: experts.apply(form.profile(), actor=actor, at=now()))
        said = _("Your application is with the operator; you are told when it is decided.")
    else:
        code, version = row.code, form.version.data
        done, status = attempt(
            form, lambda: experts.change_profile(code, form.profile(), version=version, actor=actor, at=now())
        )
        said = _("Your profile is saved; it counts from the next draw on.")
    if done is None:
        return _page(form), status
    tell(said)
    return redirect(url_for("expert.profile"), code=303)


@blueprint.post("/interests")
@needs(P.EXPERT_SERVE)
def declare_interest() -> Answer:
    """Declare a body that one must not judge."""
    form = InterestForm(prefix="interest")
    done, status = attempt(form, lambda: experts.declare(form.command(), actor=present_actor(), at=now()))
    if done is None:
        return _page(interest=form), status
    tell(_("Declared; it counts from the next draw on."))
    return redirect(url_for("expert.profile") + "#interests", code=303)


@blueprint.post("/interests/<int:number>/withdraw")
@needs(P.EXPERT_SERVE)
def withdraw_interest(number: int) -> Response:
    """Take a declaration back."""
    perform(lambda: experts.withdraw(min(number, 2**31 - 1), actor=present_actor(), at=now()))
    tell(_("The declaration is taken back."))
    return redirect(url_for("expert.profile") + "#interests", code=303)


@blueprint.post("/leave")
@needs(P.EXPERT_SERVE)
def leave() -> Answer:
    """Leave the pool."""
    form, actor = StandingReasonForm(prefix="leave"), present_actor()
    row = expert_of(actor)
    code = "" if row is None else row.code
    done, status = attempt(form, lambda: experts.leave(code, reason=form.reason.data, actor=actor, at=now()))
    if done is None:
        return _page(leave=form), status
    tell(_("You have left the pool; nobody draws you any more."))
    return redirect(url_for("expert.profile"), code=303)

"""What each of Zalo's error codes means for us. They come with HTTP 200, in the body's ``error``.

The codes are those of Zalo's documentation for the OA API and for template messages (ZBS, formerly ZNS).
A call that was answered with any of them was not carried out.
"""

from __future__ import annotations

from enum import Enum


class Do(Enum):
    """What follows from an error."""

    RETRY = "retry"
    """A fault of the moment, or a limit: the same call later."""
    REFRESH = "refresh"
    """The access token is dead: renew it and call again, once."""
    PLAINER = "plainer"
    """The message is not taken in this form: without its buttons, once."""
    SHUT = "shut"
    """The customer has not written for too long: what must arrive goes by another way."""
    AWAY = "away"
    """This person cannot be written to until they write again."""
    ANOTHER_WAY = "another way"
    """This number cannot be reached by Zalo: the next way for a code."""
    REFUSE = "refuse"
    """This message will never be taken."""
    OPERATOR = "operator"
    """Something must be put right with Zalo; it is tried again meanwhile."""


OA = {
    -32: Do.RETRY,  # too many calls
    -100: Do.REFUSE,  # an upload has expired
    -200: Do.RETRY,  # sending failed
    -201: Do.PLAINER,  # a field is invalid
    -202: Do.OPERATOR,
    -204: Do.OPERATOR,  # the OA is disabled
    -205: Do.OPERATOR,  # the OA does not exist
    -207: Do.OPERATOR,
    -208: Do.OPERATOR,
    -209: Do.OPERATOR,  # the app is not activated
    -210: Do.PLAINER,  # over a limit
    -211: Do.OPERATOR,  # out of quota
    -212: Do.OPERATOR,  # the app has not registered this API
    -213: Do.AWAY,  # does not follow the OA
    -215: Do.OPERATOR,
    -216: Do.REFRESH,
    -217: Do.AWAY,  # has blocked the OA's invitations
    -218: Do.RETRY,  # the recipient's quota is used up
    -219: Do.OPERATOR,  # the app is removed or disabled
    -220: Do.REFRESH,
    -221: Do.OPERATOR,  # the OA must be verified
    -223: Do.OPERATOR,  # the OA has not authorised this API
    -224: Do.OPERATOR,  # the OA's package does not include it
    -227: Do.AWAY,  # banned, or inactive for 45 days
    -230: Do.SHUT,
    -232: Do.SHUT,
    -233: Do.PLAINER,  # this type of message is not supported
    -234: Do.RETRY,  # not at night
    -235: Do.OPERATOR,
    -240: Do.OPERATOR,  # a version of the API that is shut down
    -242: Do.OPERATOR,
    -244: Do.AWAY,  # the user has restricted messages of the OA
    -248: Do.OPERATOR,  # against the platform's rules
    -305: Do.SHUT,
    -311: Do.SHUT,
    -320: Do.OPERATOR,  # no Zalo Cloud Account
    -321: Do.OPERATOR,  # no money left
    -401: Do.REFRESH,
}

TEMPLATES = {
    -100: Do.RETRY,
    -108: Do.ANOTHER_WAY,  # the number is invalid
    -114: Do.ANOTHER_WAY,  # cannot receive
    -118: Do.ANOTHER_WAY,  # no Zalo account
    -119: Do.ANOTHER_WAY,  # the account cannot receive
    -124: Do.REFRESH,
    -133: Do.ANOTHER_WAY,  # not from 22:00 to 06:00; whether codes are exempt is not documented
    -139: Do.ANOTHER_WAY,  # the user refused this kind of message
    -140: Do.ANOTHER_WAY,
    -141: Do.ANOTHER_WAY,  # the user refuses messages of this OA
    -1471: Do.ANOTHER_WAY,  # a limit per user
    -1472: Do.ANOTHER_WAY,
}


def oa(code: int) -> Do:
    """What to do about an error of the OA API; an unknown one refuses the message."""
    return OA.get(code, Do.REFUSE)


def template(code: int) -> Do:
    """What to do about an error of a template message: what is not the recipient's is the operator's."""
    return TEMPLATES.get(code, Do.OPERATOR)

"""The names that shops give their columns, in Vietnamese and English."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatbot.cleaning import one_line
from chatbot.folding import fold
from chatbot.tables.nouns import Header, TableError

SYNONYMS = {
    "external_id": """external id; id; customer id; customer code; customer no; code; mã; mã số; mã kh;
        mã khách; mã khách hàng; mã số khách hàng; makh""",
    "full_name": """full name; fullname; name; customer; customer name; tên; họ tên; họ và tên; hoten;
        tên kh; tên khách; tên khách hàng; họ tên kh; họ tên khách hàng; họ và tên khách hàng;
        khách hàng""",
    "phone": """phone; phone no; phone number; mobile; mobile no; mobile number; mobile phone; tel;
        telephone; telephone number; cell phone; sđt; số đt; đt; đtdđ; điện thoại; số điện thoại;
        di động; số di động; điện thoại di động; số điện thoại di động; sđt khách hàng;
        điện thoại khách hàng; số điện thoại khách hàng""",
    "email": """email; e-mail; mail; email address; e-mail address; thư điện tử; địa chỉ email;
        địa chỉ e-mail; địa chỉ thư điện tử; email khách hàng""",
    "address": """address; street address; postal address; delivery address; shipping address; địa chỉ;
        địa chỉ giao hàng; địa chỉ nhận hàng; địa chỉ khách hàng; nơi ở""",
    "birthday": """birthday; birth date; birthdate; date of birth; dob; ngày sinh; sinh nhật;
        ngày tháng năm sinh""",
    "note": "note; notes; comment; comments; remark; remarks; ghi chú; chú thích; lưu ý",
    "last_contact_at": """last contact at; last contact; last contact date; last contacted;
        last contacted at; lần liên hệ cuối; lần cuối liên hệ; liên hệ cuối; liên hệ lần cuối;
        ngày liên hệ cuối; lần liên hệ gần nhất; liên hệ gần nhất; ngày liên hệ gần nhất""",
    "marketing_consent": """marketing consent; consent; marketing; marketing opt in; opt in;
        đồng ý nhận tin; đồng ý nhận tin nhắn; đồng ý nhận tin quảng cáo; đồng ý nhận quảng cáo;
        đồng ý nhận tin tiếp thị; đồng ý tiếp thị; đồng ý nhận email; nhận tin; nhận quảng cáo""",
}
"""Field to header names; case, accents, punctuation and what stands in brackets make no difference."""

_FIELDS = {fold(name): field for field, names in SYNONYMS.items() for name in names.split(";")}

_IN_BRACKETS = re.compile(r"\([^()]*\)")

WIDEST = 250
"""Columns; a file with more is no list of customers."""

_LONGEST_HEADER = 100


def read_header(cells: Sequence[str]) -> Header:
    """Which column is what.

    Of two columns of one meaning the first is the field, the other is kept as an extra one. Raises
    TableError where there is no column for the name, or none for a phone number or an e-mail address.
    """
    if len(cells) > WIDEST:
        raise TableError(f"the first row has more than {WIDEST} columns")
    known: dict[str, int] = {}
    extra: dict[str, int] = {}
    for column, cell in enumerate(cells):
        field = field_of(cell)
        if field and field not in known:
            known[field] = column
        else:
            extra[_unused(one_line(cell)[:_LONGEST_HEADER] or f"#{column + 1}", extra)] = column
    if not known:
        raise TableError("no table of customers: no column of the first row is known (full_name, phone ...)")
    if "full_name" not in known:
        raise TableError("the header has no column for the customer's name (full_name, Họ và tên ...)")
    if not known.keys() & {"phone", "email"}:
        raise TableError("the header has no column for a phone number or an e-mail (phone, email ...)")
    return Header(known, extra, len(cells))


def field_of(cell: str) -> str | None:
    """The field that a header names, if it is one of ours."""
    return _FIELDS.get(fold(cell)) or _FIELDS.get(fold(_IN_BRACKETS.sub(" ", cell)))


def _unused(header: str, taken: dict[str, int]) -> str:
    """The header, numbered where the same one stood before it."""
    name, number = header, 1
    while name in taken:
        number += 1
        name = f"{header} ({number})"
    return name

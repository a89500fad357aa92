"""What a customer does in each conversation, from its first word to its end, in words that fit any channel.

A line is typed. ``[In brackets]`` it is the label of a button that is tapped; ``<photo>`` is a picture that
is sent. ``{code}`` is the newest code that went to one of the customer's contacts; ``{phone}``, ``{email}``
(both on file) and ``{new}`` are these contacts. What happens elsewhere meanwhile is a function.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from chatbot.messages import Address
from models.case import Case, Decision, Verdict
from models.case_states import CaseState
from models.chat import Chat
from models.database import run_tx
from tests.cases import SHOP
from tests.people import put_on_file

Elsewhere = Callable[[Address, str, datetime], Awaitable[None]]
"""Given the chat's address, the customer's phone number and the time."""
Script = tuple[str | Elsewhere, ...]

PROOF = ("/xacminh", "[Mã gửi tới điện thoại]", "{phone}", "{code}")
STORY = "Số của tôi bị đem cho bên khác từ tuần trước"
FILING = ("/khieunai", "1", STORY, "hôm qua", "tiếp tục", "1", "không", "2", "bỏ qua", "[Gửi khiếu nại]")


async def a_second_record(address: Address, phone: str, now: datetime) -> None:
    """Somebody of the same household bought with the same number."""
    await put_on_file(now, "Lê Văn Minh", phone=phone, email=None, external_id=None)


async def staff_decide(address: Address, phone: str, now: datetime) -> None:
    """The newest case is decided, and the customer has had the answer."""
    chat = await Chat.find(address)
    assert chat
    case = await Case.filter(chat=chat.id).select_related("key").order_by("-id").first()
    assert case

    async def moves() -> None:
        if case.state is CaseState.WAITING:
            await case.prove(now, SHOP.calendar)
        assert await case.decide(Decision(Verdict.NOT_UPHELD, "Không tìm thấy dấu vết."), now)
        assert await case.deliver(now)

    await run_tx(moves)


SCRIPTS: dict[str, Script] = {
    "menu": ("xin chào", "[Chính sách bảo mật]", "huỷ", "/menu", "2", "quay lại"),
    "help": ("/trogiup",),
    "complaint": (
        *("/khieunai", "chuyen cho nguoi khac hoac bi lo", "ngắn quá", STORY, "[Không nhớ rõ]", "<photo>"),
        *("[Tiếp tục]", "[Bồi thường]", "500k", "có", "hai", "{new}", "[Sửa lại]", "[Nội dung]"),
        *("Shop bên cạnh gọi cho tôi mỗi ngày, đọc đúng tên tôi.", "gui khieu nai"),
    ),
    "second_way": (*FILING, "/lienlacthem", "không rõ", "{new}", "{code}", "liên lạc thêm", "[Không cần]"),
    "status": (
        *FILING, *FILING, "/theodoi", "1", "[Bổ sung nội dung hoặc tệp]", "Họ vẫn còn gọi.", "[Xong]",
        "[Rút khiếu nại]", "[Không rút]", "[Đóng]", staff_decide,
        "/theodoi", "1", "[Đề nghị xem xét lại]", "Tôi vẫn bị gọi mỗi ngày, xin xem lại.", staff_decide,
        "/theodoi", "1", "xem kết quả", "[Đồng ý với kết quả]", "[Đồng ý]",
        "/theodoi", "2", "[Rút khiếu nại]", "1",
    ),
    "profile": (*PROOF, "xem dữ liệu của tôi"),
    "lookups": (*PROOF, "/aidaxem"),
    "own_requests": (*PROOF, "/yeucau", "/suadulieu", "[Ghi chú]", "[Xoá ghi chú]", "[Lưu]", "/yeucau"),
    "export": (*PROOF, "/taidulieu"),
    "edit": (
        *PROOF, "/suadulieu", "[Họ tên]", "Trần 123", "Trần Thị Hoa", "[Lưu]",
        "/suadulieu", "[Địa chỉ]", "34 Đường Hoa Mai", "[Không lưu, chọn lại]",
        "[Ngày sinh]", "15/5/1990", "1",
        "/suadulieu", "[Ghi chú]", "[Xoá ghi chú]", "[Lưu]",
        "/suadulieu", "[Điều khác (nhân viên sửa)]", "Mã khách hàng của tôi bị sai",
    ),
    "contacts": (
        *PROOF, "/sualienhe", "[Thêm e-mail]", "{new}", "{code}", "[Không lưu, chọn lại]",
        "2", "[Đổi sang liên hệ khác]", "{new}", "000000", "{code}", "[Lưu]",
    ),
    "preferences": (
        *PROOF, "/tuychon", "[Nhận tin khuyến mãi và hàng mới]", "[Tôi đồng ý]",
        "[Ngừng nhận tin khuyến mãi và hàng mới]", "[Hạn chế sử dụng dữ liệu]",
        "[Bảo mật hồ sơ ở mức cao hơn]", "[Xong]",
    ),
    "erase": (
        *PROOF, "xoá hết thông tin của tôi đi", "có", "[Không xoá]", "/xoadulieu",
        "xoa du lieu", "/khieunai", "huỷ",
    ),
    "keep": (*PROOF, "/xoadulieu", "XOÁ DỮ LIỆU", "/xemdulieu", "không xoá nữa", "/khongxoa"),
    "identity": (
        "/xacminh", "[Mã gửi tới e-mail]", "không có", "{email}", "000000", "{code}", "thoát",
        a_second_record, *PROOF, "1", "sai", "14/5/1990",
    ),
    "lost_contact": (
        "/xacminh", "[Mã gửi tới e-mail]", "{new}", "{code}", "/matlienhe", "{phone}",
        "Nguyễn Thị Thu Hà", "14/5/1990", "12 Đường Hoa Sữa", "[Bỏ qua]", "[Gửi]",
    ),
    "objection": (*PROOF, "/sualienhe", "[Thêm e-mail]", "{new}", "{code}", "[Lưu]", "/khongphaitoi"),
    "representative": (
        "/daidien", "[Người đã mất]", "[Xoá dữ liệu]", "Mẹ tôi, bà Nguyễn Thị Lan, đã mất tháng trước.",
        "{new}", "<photo>", "xong",
    ),
    "leave": (*PROOF, "thoát"),
    "policy": (
        "/chinhsach", "1", "[Mục tiếp theo]", "[Mục trước]", "[Tất cả các mục]", "tám", "[Đóng]",
    ),
    "human": ("/nhanvien", "Tôi muốn hỏi về đơn hàng", "<photo>", "[Xong]"),
    "language": ("/ngonngu", "[English]", "/menu", "/language", "mot", "/menu"),
    "linking": ("/lienket", "000000"),
}  # fmt: skip

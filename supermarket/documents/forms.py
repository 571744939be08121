"""The field of the documents room: a stored file by the number under which readers know it."""

from supermarket.core.forms import WholeField
from supermarket.core.scattered import MOST
from supermarket.documents.queries import file_number, id_of_file


class StoredFileField(WholeField):
    """A stored file; its data is the document's own number, 0 for a number that no file can have."""

    data: int | None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number. Raises ValueError with what to do."""
        super().process_formdata(valuelist)
        if self.data is not None:
            self.data = id_of_file(self.data) if 0 <= self.data <= MOST else 0

    @property
    def shown(self) -> str:
        """The number that readers see; empty for none."""
        return str(file_number(self.data)) if self.data else ""

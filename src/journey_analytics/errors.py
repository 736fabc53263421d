"""The exceptions that users see: what happened, where, and what to do next."""


class JourneyError(Exception):
    """A problem that the user can solve.

    Args:
        what: What is wrong, in one sentence, without personal data.
        where: The file, table, option or line it concerns.
        todo: What to do next.
    """

    def __init__(self, what: str, where: str = "", todo: str = "") -> None:
        self.what = what
        self.where = where
        self.todo = todo
        super().__init__(what)

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.todo:
            lines.append(f"  what to do: {self.todo}")
        return "\n".join(lines)


class UsageError(JourneyError):
    """A wrong option, path or configuration, found before any data is judged: the command line exits with 2."""

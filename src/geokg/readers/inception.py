"""Where INCEpTION and WebAnno put the files of an annotator: ``annotation/article.txt/ann.zip``."""

from __future__ import annotations

from pathlib import Path

from .given import AnnotationFile

_DOCUMENTS = (".txt", ".xmi", ".xml", ".json", ".html", ".pdf", ".tsv", ".conll", ".conllu")


def placed(given: AnnotationFile) -> tuple[Path, str, str | None]:
    """The folder that speaks for a file, the name of its document, and its annotator.

    A folder whose name is that of a document (``article.txt``) holds a file for each annotator.

    >>> folder, name, annotator = placed(AnnotationFile(Path("wire/article.txt/ann.zip")))
    >>> folder.name, name, annotator
    ('wire', 'article', 'ann')
    >>> placed(AnnotationFile(Path("wire/article.xmi")))[1:]
    ('article', None)
    """
    folder = given.path.parent
    if given.text is None and given.annotator is None and folder.suffix in _DOCUMENTS:
        return folder.parent, folder.stem, given.path.stem
    return given.folder, (given.text or given.path).stem, given.annotator

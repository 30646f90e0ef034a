"""The first draft of a study's files, from what a team already has: a drop, a define.xml, a specification.

A drafted line says what it rests on (`# draft: ...`) and is for a person to confirm: whoever takes the mark
away has confirmed it. What nothing is proposed for stands beside it as a comment, so that nothing is lost.
"""

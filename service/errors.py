"""What can go wrong with a question or with serving.

OnrecordError                 (ingest/errors.py)
├── QuestionError             it is empty, too long, or has no word in it
├── ModelNotConfiguredError   `model` was asked for, and none is configured
├── CitationError             a quote does not stand in its article as cited
├── ConversationNotFoundError  no conversation has that id
├── KeepingError              conversations cannot be read or written
├── AccessError               a key cannot be made, found or read
├── LlmError                  the configured model did not answer, or broke off
│   ├── LlmRefusedError       it refuses the key, the model's name or the request: asking again does not help
│   ├── LlmQuotaError        the day's tokens are used up
│   └── LlmReplyError         it replied, with nothing, with what a filter left, or without an end
├── ServeError                the server may not start like this
└── SettingsError             a setting has a value that cannot be used
"""

from __future__ import annotations

from ingest.errors import OnrecordError


class QuestionError(OnrecordError):
    """The question is empty, longer than 4,000 characters, or has no word in it."""


class ModelNotConfiguredError(OnrecordError):
    """An answer written by a model was asked for, and no model is configured."""


class CitationError(OnrecordError):
    """A quote does not stand in its article as cited; no answer leaves with it."""


class ConversationNotFoundError(OnrecordError):
    """No conversation has that id."""


class KeepingError(OnrecordError):
    """Conversations cannot be read or written; questions are answered all the same."""


class AccessError(OnrecordError):
    """A key cannot be made, found or read."""


class LlmError(OnrecordError):
    """The configured model did not answer, or broke off."""


class LlmRefusedError(LlmError):
    """It refuses the key, the model's name or the request: asking again does not help."""


class LlmQuotaError(LlmError):
    """The tokens that it may read and write in a day are used up."""


class LlmReplyError(LlmError):
    """It replied, with nothing, with what a filter left, or without an end."""


class ServeError(OnrecordError):
    """The server may not start like this."""


class SettingsError(OnrecordError):
    """A setting has a value that cannot be used."""

"""Settings: environment variables with the prefix `ONRECORD_`, or a `.env` file in the working folder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """All settings, frozen; `.env.example` lists exactly these."""

    model_config = SettingsConfigDict(
        env_prefix="ONRECORD_",
        env_file=".env",
        env_ignore_empty=True,  # `ONRECORD_THREADS=` is how the example is uncommented, and means unset
        extra="ignore",
        frozen=True,
    )

    library: Path = Field(default=Path("library"), description="Folder of the library.")
    chroma_url: str | None = Field(
        default=None,
        description="Chroma server that holds the vectors, as http://host:port; in the library's folder when unset.",
    )
    host: str = Field(default="127.0.0.1", description="Address on which `onrecord serve` listens.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port on which `onrecord serve` listens; 0 picks one.")
    max_article_mb: int = Field(default=20, ge=1, description="Largest file or line that is read as one article, MB.")
    max_upload_mb: int = Field(default=100, ge=1, description="Largest request that may bring articles, MB.")
    require_key: bool = Field(
        default=False,
        description="Ask for a key on loopback too, as behind a proxy; elsewhere one is always needed.",
    )
    rate_per_minute: int = Field(
        default=600,
        ge=0,
        description="Requests of one caller in a minute, where keys are needed; 0 for any number.",
    )
    questions_at_once: int = Field(
        default=64, ge=1, description="Questions that may run or wait at once; more are refused with 503."
    )
    llm_url: str | None = Field(
        default=None,
        description="Base URL of an OpenAI-compatible endpoint that writes answers; none when unset.",
    )
    llm_model: str | None = Field(default=None, description="The model, as the endpoint names it.")
    llm_api_key: SecretStr | None = Field(default=None, description="Its key, where it asks for one.")
    llm_context: int = Field(default=8192, ge=1024, description="Tokens that the model reads and writes at once.")
    llm_patience_s: float = Field(
        default=20.0, gt=0, description="Seconds until its first words; a slow machine needs more."
    )
    llm_rewrite_s: float = Field(
        default=8.0, ge=0, description="Seconds that it may take to word a follow-up; 0 leaves that to rules."
    )
    llm_verify: bool = Field(
        default=False, description="Have it read each claim with its quotes once more; claims come later then."
    )
    llm_tokens_per_day: int = Field(
        default=0, ge=0, description="Tokens that it may read and write in a day (UTC); 0 for any number."
    )
    unsupported: Literal["drop", "flag"] = Field(
        default="drop", description="What becomes of claims that their quotes do not support: drop, or flag."
    )
    conversation_days: int = Field(
        default=90, ge=0, description="Days after which a conversation that nobody continues is forgotten; 0 for never."
    )
    log: Literal["text", "json"] = Field(
        default="text", description="Lines on stderr: text, of what went wrong; or json, and one for each request too."
    )
    otlp_url: str | None = Field(
        default=None, description="Base URL of an OpenTelemetry collector (OTLP over HTTP) for traces; none when unset."
    )
    threads: int | None = Field(default=None, ge=1, description="Processor cores for the model; all when unset.")

    @field_validator("chroma_url")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        """The address without anything after it; a name or a password in it would reach logs and messages."""
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or "@" in parts.netloc:
            message = "it has to be an address like http://127.0.0.1:8001, without name, password or path"
            raise ValueError(message)
        return f"{parts.scheme}://{parts.netloc}"

"""Two kinds of Gradio Blocks: a tab's, built apart and rendered into the page, and the page's."""

from __future__ import annotations

import html
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import gradio as gr
from gradio.context import Context, get_blocks_context, set_render_context
from gradio.exceptions import ComponentProcessingError

from demo_app import images
from demo_app.errors import InvalidInput
from demo_app.plugin import Plugin
from demo_app.redaction import is_active, redact_data
from demo_app.surfaces.api import CONCURRENCY
from demo_app.surfaces.mcp import take_uploads_only
from demo_app.surfaces.uploads import refuse_foreign_files

logger = logging.getLogger(__name__)


class TabBlocks(gr.Blocks):
    """A Blocks that is only ever rendered into the page, never served.

    ``rendered_events`` are Gradio's records of its events, once it is rendered.

    The stock class builds two web apps for each (about 95 ms), fires load events twice, and
    numbers every ``gr.render`` from 0, so that those of several tabs disturb each other.
    """

    rendered_events: Sequence[Any] = ()

    def queue(self, *_: Any, **__: Any) -> TabBlocks:
        """Do without the queue and the web app of a served Blocks."""
        self._queue = None
        self.app = None
        return self

    def __exit__(self, exc_type: type[BaseException] | None = None, *_: Any) -> None:
        if exc_type is None:
            self.fill_expected_parents()
            self.exited = True
        set_render_context(self.parent)
        if self.parent is None:
            Context.root_block = None
        elif exc_type is None:
            self.parent.children.extend(self.children)

    def render(self) -> TabBlocks:
        """Add the components and events to the open page, renderables under fresh numbers.

        The events give up the API names that Gradio takes from their handlers: a handler named
        ``call`` would otherwise be the endpoint of that name.
        """
        for function in self.fns.values():
            function.api_name = f"tab/{function.api_name}"
        root = get_blocks_context()
        before = set(root.fns) if root is not None else set()
        if root is not None:
            for renderable in self.renderables:
                renderable._id = len(root.renderables)
                root.renderables.append(renderable)
        super().render()
        if root is not None:
            self.rendered_events = [event for n, event in root.fns.items() if n not in before]
        return self


class PageBlocks(gr.Blocks):
    """The page's root: it checks what comes in before any component touches it.

    Its config, which describes every component, is made when somebody reads it. Gradio makes it
    three times while the page is built, and again at the launch.
    """

    exited = False
    changed: Callable[[Iterable[Plugin]], None] | None = None
    """Of a live page: to be called with the records of the plugins that came, changed or went."""
    _config: Any = None
    _mcp_server: Any = None

    @property
    def config(self) -> Any:
        """The description of the page for the browser and for clients."""
        if self._config is None:
            self._config = super().get_config_file()
        return self._config

    @config.setter
    def config(self, config: Any) -> None:
        self._config = config

    def get_config_file(self) -> Any:
        """As Gradio's, without secrets; None before the ``with`` block has ended."""
        return redact_data(super().get_config_file()) if self.exited else None

    def get_api_info(self, *arguments: Any, **options: Any) -> Any:
        """As Gradio's, without secrets."""
        return redact_data(super().get_api_info(*arguments, **options))

    async def postprocess_data(self, *arguments: Any, **options: Any) -> Any:
        """As Gradio's, without secrets, whatever a tab shows."""
        return redact_data(await super().postprocess_data(*arguments, **options))

    async def process_api(self, *arguments: Any, **options: Any) -> Any:
        """As Gradio's; what is unforeseen goes to the log, from which secrets are kept out.

        Gradio itself prints the traceback as it is.
        """
        try:
            return await super().process_api(*arguments, **options)
        except gr.Error:
            raise
        except Exception as error:
            if not is_active():
                raise
            logger.exception("An event of the page failed")
            raise gr.Error("Error", print_exception=False) from error

    @property
    def mcp_server_obj(self) -> Any:
        """Gradio's MCP server, if there is one; it takes uploads only."""
        return self._mcp_server

    @mcp_server_obj.setter
    def mcp_server_obj(self, server: Any) -> None:
        if server is not None:
            take_uploads_only(server)
        self._mcp_server = server

    def queue(self, *arguments: Any, **options: Any) -> PageBlocks:
        """As Gradio's, with a default of many events of a kind side by side.

        The default is set here because Gradio asks for the queue while it makes the Blocks; asking
        once more afterwards would build a web app once more.
        """
        super().queue(*arguments, **({"default_concurrency_limit": CONCURRENCY} | options))
        return self

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> Any:
        """As Gradio's, with uploads only and with readable errors for bad pictures."""
        try:
            if not explicit_call:
                for component, value in zip(block_fn.inputs, inputs, strict=False):
                    opens_files = getattr(component, "data_model", None) is not None
                    refuse_foreign_files(value, opens_files=opens_files)
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except ComponentProcessingError as error:
            message = images.explain(error.__cause__)
            if message is None:
                raise
            raise gr.Error(html.escape(message), print_exception=False) from error
        except InvalidInput as error:
            raise gr.Error(html.escape(str(error)), print_exception=False) from error


@contextmanager
def apart() -> Iterator[None]:
    """Build something outside of the open page; whatever happens, the page stays open as it was."""
    root, block = Context.root_block, Context.block
    Context.root_block = Context.block = None
    try:
        yield
    finally:
        Context.root_block, Context.block = root, block

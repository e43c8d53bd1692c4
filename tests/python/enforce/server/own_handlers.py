"""A server extension whose handlers list and start kernels without Jupyter's own API."""

import asyncio
import json

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.websocket import WebSocketHandler


class KernelsHandler(JupyterHandler):
    """``own/kernels``: lists the kernels, or starts one."""

    @web.authenticated
    async def get(self):
        """List the kernels, each way; ``?after=SECONDS`` after that time."""
        await asyncio.sleep(float(self.get_query_argument("after", "0")))
        manager = self.kernel_spec_manager
        listed = [*manager.get_all_specs()], [*manager.find_kernel_specs()]
        self.finish(json.dumps(listed))

    @web.authenticated
    async def post(self):
        """Start the kernel in the body."""
        await asyncio.sleep(float(self.get_query_argument("after", "0")))
        kernel_id = await self.kernel_manager.start_kernel(kernel_name=self.request.body.decode())
        self.set_status(201)
        self.finish(kernel_id)


class ThreadHandler(JupyterHandler):
    """``own/thread``: lists the kernels in another thread."""

    @web.authenticated
    async def get(self):
        """List the kernels."""
        specs = await asyncio.to_thread(self.kernel_spec_manager.get_all_specs)
        self.finish(json.dumps([*specs]))


class SocketHandler(WebSocketHandler, JupyterHandler):
    """``own/socket``: lists the kernels for each message."""

    async def get(self, *args, **kwargs):
        """Open the websocket."""
        if not self.current_user:
            raise web.HTTPError(403)
        await super().get(*args, **kwargs)

    def on_message(self, message):
        """Answer the kernels."""
        self.write_message(json.dumps([*self.kernel_spec_manager.get_all_specs()]))


class OtherHandler(JupyterHandler):
    """``own/other``: has nothing to do with kernels."""

    @web.authenticated
    def get(self):
        """Answer nothing."""
        self.finish("{}")


def _load_jupyter_server_extension(server):
    handlers = {
        "kernels": KernelsHandler,
        "thread": ThreadHandler,
        "socket": SocketHandler,
        "other": OtherHandler,
    }
    base = server.web_app.settings["base_url"]
    server.web_app.add_handlers(
        ".*$", [(url_path_join(base, "own", name), found) for name, found in handlers.items()]
    )


def _jupyter_server_extension_points():
    return [{"module": "own_handlers"}]

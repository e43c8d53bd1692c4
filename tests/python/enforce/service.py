"""A web service with a page, a websocket that echoes, and an endless stream of events."""

import asyncio
import sys

import tornado.web
import tornado.websocket


class Page(tornado.web.RequestHandler):
    SUPPORTED_METHODS = tornado.web.RequestHandler.SUPPORTED_METHODS

    def answer(self, *args):
        self.finish("the service answers on " + sys.argv[1])

    get = head = post = put = patch = delete = options = answer


class Echo(tornado.websocket.WebSocketHandler):
    def check_origin(self, origin):
        return True

    def on_message(self, message):
        self.write_message(message)


class Events(tornado.web.RequestHandler):
    async def get(self):
        self.set_header("Content-Type", "text/event-stream")
        while True:
            self.write("data: tick\n\n")
            await self.flush()
            await asyncio.sleep(0.1)


async def main():
    app = tornado.web.Application([(r"/ws", Echo), (r"/events", Events), (r"/.*", Page)])
    app.listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())

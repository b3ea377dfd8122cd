"""The same with what makes Python fast: a bare framework, one pool for all requests. POOL says of what: `threads`, `processes` or `none`."""
import asyncio
import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

pool = {"threads": ThreadPoolExecutor, "processes": ProcessPoolExecutor, "none": lambda: None}[os.environ["POOL"]]()


def cpu_bound(number):
    return sum(i * i for i in range(number))


async def ping(request):
    return PlainTextResponse("pong")


async def async_io(request):
    await asyncio.sleep(1)
    return PlainTextResponse("Async IO")


async def async_cpu(request):
    number = int(request.query_params.get("number", 10_000))
    if pool:
        await asyncio.get_running_loop().run_in_executor(pool, cpu_bound, number)
    else:
        cpu_bound(number)
    return PlainTextResponse("Async CPU")


application = Starlette(routes=[Route("/ping", ping), Route("/async-io", async_io), Route("/async-cpu", async_cpu)])

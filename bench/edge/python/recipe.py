"""The recipe as it is written: Django's async views, a thread pool made for each request."""
import asyncio
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="of a benchmark")


def cpu_bound(number):
    return sum(i * i for i in range(number))


async def ping(request):
    return HttpResponse("pong")


async def async_io(request):
    await asyncio.sleep(1)
    return HttpResponse("Async IO")


async def async_cpu(request):
    number = int(request.GET.get("number", 10_000))
    await asyncio.get_running_loop().run_in_executor(ThreadPoolExecutor(), cpu_bound, number)
    return HttpResponse("Async CPU")


urlpatterns = [path("ping", ping), path("async-io", async_io), path("async-cpu", async_cpu)]
application = get_asgi_application()

"""Headless Chromium for the tests of pages: the fixture `chromium` (conftest.py) is one of these."""
import os

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

FLAGS = ("headless=new", "disable-gpu", "disable-dev-shm-usage", "window-size=1400,900",
         "host-resolver-rules=MAP * ~NOTFOUND", "proxy-server=127.0.0.1:9")


def start():
    """A browser that reaches no network and writes down what a page asks of it. quit() ends it."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in FLAGS:
        options.add_argument(f"--{flag}")
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.emulateNetworkConditions",
                           {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0})
    return driver

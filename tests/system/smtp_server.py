"""smtp_server.py PORT [CERTIFICATE KEY | full]: greets and answers; with a certificate it offers
STARTTLS, and with `full` it has no connection left."""
import asyncio
import ssl
import sys

context = None
full = sys.argv[2:] == ["full"]
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])


async def talk(reader, writer):
    secure = False
    try:
        if full:
            writer.write(b"421 4.7.0 mail.example.org Error: too many connections\r\n")
            await writer.drain()
            return
        writer.write(b"220 mail.example.org ESMTP\r\n")
        while line := (await reader.readline()).strip().upper():
            if line.startswith(b"EHLO"):
                offer = b"250-STARTTLS\r\n" if context and not secure else b""
                writer.write(b"250-mail.example.org\r\n" + offer + b"250 SIZE 1000000\r\n")
            elif line == b"STARTTLS" and context and not secure:
                writer.write(b"220 go ahead\r\n")
                await writer.drain()
                await writer.start_tls(context)
                secure = True
            elif line == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
    except (OSError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def main():
    async with await asyncio.start_server(talk, "127.0.0.1", int(sys.argv[1]), backlog=128):
        await asyncio.Future()


asyncio.run(main())

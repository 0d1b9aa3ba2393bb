# docker build -t demo_app . && docker run -p 7860:7860 demo_app
#
# For an NVIDIA GPU: docker build -t demo_app --build-arg ACCELERATOR=cuda .
#                    docker run --gpus all -p 7860:7860 demo_app
FROM python:3.12-slim

ARG ACCELERATOR=cpu
RUN --mount=type=bind,target=/source,rw sh /source/docker/install.sh "$ACCELERATOR" /source

RUN useradd --create-home visitor
USER visitor
WORKDIR /home/visitor

ENV GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=7860 PYTHONUNBUFFERED=1
EXPOSE 7860
# SIGTERM does not end the first process of a container; this ends it as Ctrl-C does.
STOPSIGNAL SIGINT
CMD ["demo-app"]

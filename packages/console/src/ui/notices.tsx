import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { ProblemWords, useProblemTitle } from "./problem.tsx";

function Title({ error }: { readonly error: unknown }) {
  return useProblemTitle()(error);
}

/** A failure of something asked for in passing: code, next step and the request's id; it stays until it is read. */
export function tellProblem(error: unknown): void {
  notifications.show({
    color: "red",
    icon: <IconAlertTriangle size={18} />,
    title: <Title error={error} />,
    message: <ProblemWords error={error} />,
    autoClose: 20_000,
    role: "alert",
  });
}

/** Something asked for in passing was done. */
export function tellDone(sentence: string): void {
  notifications.show({ color: "teal", icon: <IconCheck size={18} />, message: sentence, role: "status" });
}

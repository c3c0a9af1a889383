import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { MutationCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { ClientError, mayRetry } from "@atalaya/client/browser";
import { useState } from "react";
import { styleNonce, theme } from "../theme/theme.ts";
import { tellProblem } from "../ui/notices.tsx";
import { router } from "./router.tsx";

function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (times, error) => times < 2 && error instanceof ClientError && mayRetry(error.code),
      },
    },
    mutationCache: new MutationCache({
      // A form that shows its failure itself says so in its meta.
      onError: (error, _variables, _context, mutation) => {
        if (mutation.meta?.["showsFailure"] !== true) tellProblem(error);
      },
    }),
  });
}

/** Everything around the views: theme, server state, notices, addresses. */
export function App() {
  const [queries] = useState(createQueries);
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={styleNonce}>
      <QueryClientProvider client={queries}>
        <Notifications position="bottom-right" autoClose={6_000} limit={4} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}

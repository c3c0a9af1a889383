import { getRouteApi } from "@tanstack/react-router";
import { Page } from "../../ui/page.tsx";

const route = getRouteApi("/gate/hosts/$host");

export function HostPage() {
  const { host } = route.useParams();
  return <Page title={host}> </Page>;
}
